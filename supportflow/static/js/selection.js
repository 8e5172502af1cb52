// Ticked rows: by a click, Shift and a click for a stretch. Others ask for it with the event "tick".
const ROW = ":is(tbody tr, [data-row])";
const boxes = () => [...document.querySelectorAll(`[data-rows] ${ROW} .c-check input`)];
const chosen = () => boxes().filter((box) => box.checked);
let anchor = null; // id of the row where a stretch begins

function tell() {
  const all = boxes();
  const count = chosen().length;
  const page = document.querySelector("[data-select-page]");
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  if (page) Object.assign(page, { checked: count > 0 && count === all.length, indeterminate: count > 0 && count < all.length });
  bar.querySelector("[data-selected]").textContent = bar.dataset.all ? JSON.parse(bar.dataset.all).length : count;
  const more = document.querySelector(".pager a[rel]") && count === all.length && !bar.dataset.all;
  bar.querySelector("[data-select-all]").hidden = !more;
}

function tick(list, on) {
  list.forEach((box) => { box.checked = on; });
  if (!on || !chosen().length) delete document.querySelector("[data-bulk]")?.dataset.all;
  tell();
}

const rowOf = (box) => box.closest(ROW).id;

document.addEventListener("click", (event) => {
  const box = event.target.closest?.(`[data-rows] ${ROW} .c-check input`);
  if (event.target.closest?.("[data-select-none]")) tick(boxes(), false);
  if (!box) return;
  const all = boxes();
  const from = all.findIndex((one) => rowOf(one) === anchor);
  if (event.shiftKey && from >= 0) {
    const [first, last] = [from, all.indexOf(box)].sort((a, b) => a - b);
    tick(all.slice(first, last + 1), box.checked);
  }
  anchor = rowOf(box);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-page]")) tick(boxes(), event.target.checked);
  else if (event.target.closest(".c-check")) tick([], chosen().length > 0);
});

document.addEventListener("tick", (event) => tick(event.detail.boxes ?? boxes(), event.detail.on));

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.sourceElement?.closest?.("[data-bulk]")) tick(boxes(), false); // it is done
  tell();
});
addEventListener("pageshow", tell);
