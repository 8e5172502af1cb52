// Drafts come and go with what happens on the page: typing, another kind, what was sent, taken back or changed elsewhere.
const REST = 2000; // ms without a key until the server gets it
const timers = new WeakMap();
const forms = () => [...document.querySelectorAll("[data-draft]")];
const rest = (form) => !form.draft.isKnown && form.dispatchEvent(new CustomEvent("rest", { bubbles: true }));

function later(form, act, ms) {
  const mine = timers.get(form) ?? timers.set(form, {}).get(form);
  clearTimeout(mine[ms]);
  mine[ms] = setTimeout(act, ms, form);
}

function begin(form) {
  if (form.draft.kind) return refresh(form.draft);
  const typed = form.querySelector("[data-summary]") || !form.dataset.save ? form.draft.box.value : "";
  form.draft.kind = form.draft.chosen;
  if (typed) form.draft.keep(); else form.draft.show(); // what came back with an error is newer than what was kept
  rest(form);
}

// A page that was made after our last save knows better: the draft was sent, or written on, elsewhere.
function refresh(draft) {
  for (const kind of ["reply", "note"]) {
    const [now, had] = [draft.sent(kind), draft.has[kind]];
    if (!now.at || now.at < Number(had.seen) || now.seen === had.seen || draft.copy(kind)) continue;
    draft.has[kind] = now;
    if (kind === draft.kind) draft.write(now.text);
  }
}

// A toast tagged "sent-reply" is the server's word that this draft arrived, "back-reply" that it is a draft again.
function settle(toast) {
  toast.dataset.settled = "yes";
  const [, what, kind] = toast.dataset.toast.match(/\b(sent|back)-(\w+)/);
  for (const form of forms()) {
    const { draft } = form;
    const went = what === "back" && draft.kind === kind && !draft.isKnown ? draft.text : null;
    draft.has[kind] = what === "back" ? draft.sent(kind) : { ...draft.sent("none"), text: draft.inputs(kind).map(() => "") };
    localStorage.removeItem(draft.key(kind));
    if (kind === "text") localStorage.removeItem(`draft:${form.dataset.draft.split(":")[0]}:new:text`); // of the page before
    if (what === "back") form.querySelector(`[data-draft-kind][value=${kind}]:not(:checked)`)?.click();
    if (draft.chosen === kind) draft.show();
    if (what === "back") setTimeout(() => draft.box.focus()); // the swap moves the focus last
    if (went?.[0]) draft.write([`${draft.box.value}\n\n${went[0]}`, ...draft.text.slice(1)]); // typed since it was sent
    form.dispatchEvent(new CustomEvent(what));
  }
}

const look = () => { document.querySelectorAll("[data-toast]:is([data-toast*=sent-], [data-toast*=back-]):not([data-settled])").forEach(settle); forms().forEach(begin); };
look();
document.addEventListener("htmx:after:swap", look);
document.addEventListener("input", ({ target }) => {
  const form = target.matches("textarea, [name=cc], [name=bcc]") && target.closest("[data-draft]");
  if (form) { later(form, () => form.draft.keep(), 250); later(form, rest, REST); }
});
document.addEventListener("change", ({ target }) => {
  const form = target.matches("[data-draft-kind]") && target.closest("[data-draft]");
  if (form) { form.draft.keep(); rest(form); form.draft.show(); rest(form); }
});
for (const moment of ["pagehide", "htmx:before:swap"]) addEventListener(moment, () => forms().forEach(({ draft }) => draft.kind && draft.keep())); // else the last letters go with it
