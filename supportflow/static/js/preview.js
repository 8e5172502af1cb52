// What a text will look like, as the server will make it.
const paperOf = (form) => form.querySelector("[data-preview]");

function back(form) {
  form.querySelector("[data-previews]").ariaPressed = "false";
  paperOf(form).hidden = true;
  form.querySelector("textarea").hidden = false;
}

async function ask(form) {
  const body = new FormData(form);
  body.delete("uploads");
  try {
    const answer = await fetch(paperOf(form).dataset.preview, { method: "POST", body, redirect: "manual" });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-previews]");
  const form = button?.closest("form");
  if (!form) return;
  const box = form.querySelector("textarea");
  if (button.ariaPressed === "true") {
    back(form);
    return box.focus();
  }
  const html = await ask(form);
  if (html === null) return document.dispatchEvent(new CustomEvent("toast", { detail: { text: form.dataset.failed, wrong: true } }));
  button.ariaPressed = "true";
  paperOf(form).innerHTML = html; // sanitised as what is stored
  Object.assign(box, { hidden: true });
  Object.assign(paperOf(form), { hidden: false });
});

for (const name of ["sent", "change"]) document.addEventListener(name, ({ target }) => {
  const form = target.closest?.("form");
  if (form?.querySelector("[data-previews][aria-pressed=true]") && (name === "sent" || target.matches("[data-draft-kind]"))) back(form);
}, true);
