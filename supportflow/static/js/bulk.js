// A change of more tickets than one request takes goes in pieces, with progress; the last piece is the form itself, whose
// answer refreshes the list and offers to undo all of it: the pieces share one `batch`.
const PIECE = 50;

const say = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, wrong: true } }));
const hidden = (form, name, value) => {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  field.dataset.piece = "";
  form.append(field);
};
const ticked = (form) => [...form.elements].filter((field) => field.name === "ticket" && field.checked);

async function send(form, ids, act, batch) {
  const body = new FormData();
  for (const [name, value] of act) if (name !== "ticket") body.append(name, value);
  body.set("batch", batch);
  ids.forEach((id) => body.append("ticket", id));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function inPieces(form, submitter, ids) {
  const bar = form.querySelector("[data-bulk-progress]");
  const act = new FormData(form, submitter);
  const batch = crypto.randomUUID();
  const last = ids.splice(-PIECE);
  Object.assign(bar, { max: ids.length + last.length, value: 0, hidden: false });
  let earlier = 0;
  try {
    for (let at = 0; at < ids.length; at += PIECE) {
      const { done, refused } = await send(form, ids.slice(at, at + PIECE), act, batch);
      earlier += done;
      refused.forEach(say);
      bar.value = at + PIECE;
    }
  } catch {
    say(document.getElementById("toasts").dataset.offline);
    last.length = 0;
  } finally {
    bar.hidden = true;
    delete form.dataset.all;
  }
  ticked(form).forEach((box) => { box.checked = false; });
  if (!last.length) return;
  for (const [name, value] of [["batch", batch], ["earlier", earlier], ...last.map((id) => ["ticket", id])]) hidden(form, name, value);
  form.requestSubmit(submitter);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-bulk]") || !form.dataset.all) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  inPieces(form, event.submitter, JSON.parse(form.dataset.all));
}, true);

document.addEventListener("htmx:after:swap", () => {
  document.querySelectorAll("[data-piece]").forEach((field) => field.remove());
});
