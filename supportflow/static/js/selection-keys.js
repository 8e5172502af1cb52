// Rows are ticked by keyboard too: x, Shift j and k for a stretch, Esc lets go of all. By touch a long press does it.
const ROW = ":is(tbody tr, [data-row])";
const boxes = () => [...document.querySelectorAll(`[data-rows] ${ROW} .c-check input`)];
const chosen = () => boxes().filter((box) => box.checked);
const current = () => document.querySelector("[data-rows] [aria-current] .c-check input");
const tick = (some, on) => document.dispatchEvent(new CustomEvent("tick", { detail: { boxes: some, on } }));
const isOurs = (event) => !event.metaKey && !event.ctrlKey && !event.altKey && document.body.dataset.keys !== "off"
  && !document.querySelector("dialog[open], .menu:popover-open")
  && !event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog, [popover]");

document.addEventListener("keydown", (event) => {
  if (!isOurs(event)) return;
  const box = current();
  if (event.key === "Escape" && chosen().length) tick(boxes(), false);
  else if (event.key === "x" && box) tick([box], !box.checked);
  else if (["J", "K"].includes(event.key) && box) {
    const next = boxes()[boxes().indexOf(box) + (event.key === "J" ? 1 : -1)];
    tick([box, ...(next ? [next] : [])], true);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: event.key.toLowerCase() }));
  } else return;
  event.preventDefault();
});

// A key of the bulk bar acts on the row under the cursor where nothing is ticked.
document.addEventListener("press", ({ target }) => {
  const isBulk = target.form?.matches("[data-bulk]") || target.closest("[data-bulk]");
  if (isBulk && !chosen().length && current()) tick([current()], true);
}, true);

let press;
document.addEventListener("touchstart", (event) => {
  const box = event.target.closest?.(`[data-rows] ${ROW}`)?.querySelector(".c-check input");
  press = box && setTimeout(() => tick([box], true), 500);
}, { passive: true });
for (const name of ["touchend", "touchmove", "touchcancel"]) document.addEventListener(name, () => clearTimeout(press), { passive: true });
