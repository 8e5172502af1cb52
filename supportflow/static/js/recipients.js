// Who will get the reply is asked of the server once somebody writes, and again whenever Cc or Bcc are others.
const asked = new WeakMap(); // form → the two lines, as they were asked about
const linesOf = (form) => [...form.querySelectorAll("[name=cc], [name=bcc]")].map((input) => input.value).join("\n");

function ask(form) {
  const lines = linesOf(form);
  if (asked.get(form) === lines) return;
  asked.set(form, lines);
  const shown = form.querySelector("[data-recipients]");
  shown.dataset.open = "";
  shown.dispatchEvent(new CustomEvent("ask"));
}

document.addEventListener("focusin", ({ target }) => { const form = target.closest?.("form:has([data-recipients])"); if (form) ask(form); });
document.addEventListener("kept", ({ target }) => asked.has(target) && ask(target));
