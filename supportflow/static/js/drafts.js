// Never lose a draft: what is typed is kept on this device, for each page and kind, until the server says it arrived.
const KEPT = "draft:";
const kindOf = (form) => form.querySelector("[data-draft-kind]:checked")?.value ?? "text";
const keyOf = (form, kind) => `${KEPT}${form.dataset.draft}:${kind}`;
const [timers, kinds] = [new WeakMap(), new WeakMap()]; // not an attribute: a refresh of the page sets those back

function keep(form) {
  const box = form.querySelector("textarea");
  const key = keyOf(form, kinds.get(form));
  if (box.value.trim()) localStorage.setItem(key, box.value);
  else localStorage.removeItem(key);
  const saved = form.querySelector("[data-saved]");
  if (saved) saved.hidden = !box.value.trim();
}

function show(form) {
  kinds.set(form, kindOf(form));
  const box = form.querySelector("textarea");
  box.value = localStorage.getItem(keyOf(form, kinds.get(form))) ?? "";
  const saved = form.querySelector("[data-saved]");
  if (saved) saved.hidden = !box.value;
}

// A toast tagged "sent-reply" is the server's word that this draft is stored.
function settle() {
  for (const toast of document.querySelectorAll("[data-toast*=sent-]:not([data-settled])")) {
    toast.dataset.settled = "yes";
    const kind = toast.dataset.toast.match(/sent-(\w+)/)[1];
    for (const form of document.querySelectorAll("[data-draft]")) {
      localStorage.removeItem(keyOf(form, kind));
      if (kindOf(form) === kind) form.querySelector("textarea").value = "";
      form.dispatchEvent(new CustomEvent("sent"));
      show(form);
    }
  }
}

function begin() {
  for (const form of document.querySelectorAll("[data-draft]")) {
    if (kinds.has(form)) continue;
    kinds.set(form, kindOf(form));
    // What the server sent back with an error is newer than what was kept.
    (form.querySelector("textarea").value ? keep : show)(form);
  }
}

settle();
begin();
document.addEventListener("htmx:after:swap", () => { settle(); begin(); });
document.addEventListener("input", (event) => {
  const form = event.target.matches("textarea") && event.target.closest("[data-draft]");
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(keep, 250, form));
});
document.addEventListener("change", (event) => {
  const form = event.target.matches("[data-draft-kind]") && event.target.closest("[data-draft]");
  if (form) { keep(form); show(form); }
});
addEventListener("pagehide", () => document.querySelectorAll("[data-draft]").forEach(keep));
