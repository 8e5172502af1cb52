// Saves a draft on the server, one save after the other. Without a network or a session the copy on this device stays.
const lines = new WeakMap(); // form → the saves that are under way
const sent = new WeakMap(); // form → how often it was sent
const said = (form, what) => { const label = form.querySelector("[data-saved]"); if (label) label.textContent = label.dataset[what]; };

async function post(form, body, seen) {
  body.set("seen", seen);
  body.delete("uploads");
  const answer = await fetch(form.dataset.save, { method: "POST", body, redirect: "manual" });
  if (answer.type === "opaqueredirect") throw new Error("signed out");
  return { status: answer.status, ...(await answer.json()) };
}

async function save(form, { kind, text, body, round }) {
  const { draft } = form;
  if (form.dataset.sending || round !== (sent.get(form) ?? 0)) return;
  const answer = await post(form, body, draft.has[kind].seen);
  if (round !== (sent.get(form) ?? 0)) { // it was sent meanwhile: this must not come back as a draft
    const nothing = new FormData();
    for (const [name, value] of Object.entries({ kind, csrfmiddlewaretoken: body.get("csrfmiddlewaretoken") })) nothing.set(name, value);
    if (answer.status === 200) await post(form, nothing, answer.seen);
  } else if (answer.status === 200) draft.took(kind, text, answer.seen);
  else if (answer.status === 409 && !answer.body.trim()) draft.has[kind].seen = answer.seen; // the next save stands on it
  else if (answer.status === 409) clash(form, kind, answer);
  if (answer.status === 409 && !answer.body.trim()) line(form);
  said(form, answer.status === 200 ? "saved" : "here");
}

// Another device wrote on as well: its text is a press away, and ours stays.
function clash(form, kind, { body, seen }) {
  const button = form.querySelector("[data-elsewhere]");
  button.hidden = false;
  button.onclick = () => {
    button.hidden = true;
    form.draft.has[kind].seen = seen;
    if (form.draft.kind === kind) form.draft.write([`${form.draft.box.value}\n\n${body}`, ...form.draft.text.slice(1)]);
    line(form);
  };
}

function line(form) {
  if (!form.dataset.save) return;
  const { kind, text } = form.draft;
  const job = { kind, text, body: new FormData(form), round: sent.get(form) ?? 0 };
  job.body.set("kind", kind);
  lines.set(form, (lines.get(form) ?? Promise.resolve()).then(() => save(form, job)).catch(() => said(form, "here")));
}

document.addEventListener("rest", ({ target }) => line(target));
document.addEventListener("submit", ({ target }) => target.matches("[data-save]") && sent.set(target, (sent.get(target) ?? 0) + 1));
addEventListener("online", () => document.querySelectorAll("[data-save]").forEach(line));
document.addEventListener("kept", ({ target, detail }) => {
  const label = target.querySelector("[data-saved]");
  if (label) label.hidden = detail.isEmpty;
  if (label && target.dataset.save === undefined) label.textContent = label.dataset.saved;
});
