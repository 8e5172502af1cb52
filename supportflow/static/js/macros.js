// Macros in the composer: "/" at the start of a line opens their menu, the chosen one's text goes where the caret is.
const menu = () => document.getElementById("macro-menu");
const chosen = () => document.getElementById("macro-chosen");
const composer = () => document.getElementById("composer");
const box = () => composer().querySelector("textarea");
let slash = -1; // where the "/" stands that asked for the menu

document.addEventListener("input", (event) => {
  const { target, data } = event;
  if (data !== "/" || !composer() || target !== box()) return;
  const at = target.selectionStart - 1;
  if (at > 0 && target.value[at - 1] !== "\n") return;
  slash = at;
  document.querySelector("[data-menu-opener=macro-menu]").click();
});

// Who types on before the menu is there has narrowed it already; what was typed since it shows stands in it.
document.addEventListener("toggle", (event) => {
  if (event.target !== menu()) return;
  const input = menu().querySelector("[data-narrows]");
  if (event.newState === "open" && slash >= 0 && input) {
    input.value = box().value.slice(slash + 1, box().selectionStart) + input.value;
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
  if (event.newState === "closed") {
    slash = -1;
    if (menu().contains(document.activeElement) || document.activeElement === document.body) box().focus();
  }
}, true);

function cut() {
  if (slash >= 0) box().setRangeText("", slash, box().selectionStart, "end");
}

function insert(text) {
  const { value, selectionStart: at } = box();
  const gap = text && at > 0 && value[at - 1] !== "\n" ? "\n" : "";
  box().setRangeText(gap + text, at, box().selectionEnd, "end");
  box().dispatchEvent(new InputEvent("input", { bubbles: true }));
  box().focus();
}

document.addEventListener("htmx:after:swap", (event) => {
  if (!event.detail.ctx.sourceElement?.matches?.("[data-macro]")) return;
  const words = chosen().querySelector("[data-macro-text]");
  cut();
  // A note's words must not wait in a reply, nor a reply's in a note: the composer changes its paper first.
  composer().querySelector(`[data-draft-kind][value=${words.dataset.macroText}]:not(:checked)`)?.click();
  insert(words.value);
  words.previousElementSibling.remove();
  words.remove();
  menu().hidePopover();
});

// One without text works at once: nothing of the "/" is left behind.
document.addEventListener("submit", (event) => menu()?.contains(event.target) && slash >= 0 && (cut(), insert("")), true);
document.addEventListener("sent", () => chosen()?.replaceChildren(), true);
