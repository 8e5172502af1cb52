// The board: a card goes to another lane by drag and drop, or by Shift and an arrow key. It is the bulk bar that moves it.
let dragged = null;

function move(card, lane) {
  if (!lane || lane.contains(card)) return;
  document.querySelectorAll("[data-rows] .c-check input").forEach((box) => { box.checked = card.contains(box); });
  document.querySelector(`#bulk-status [value="${lane.dataset.lane}"]`).click();
}

const laneAt = (event) => dragged && event.target.closest?.("[data-lane]");
const unmark = () => document.querySelectorAll("[data-over]").forEach((lane) => lane.removeAttribute("data-over"));

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-row]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.querySelector(".cover").href);
  dragged.dataset.dragging = "";
});
document.addEventListener("dragover", (event) => {
  const lane = laneAt(event);
  if (!lane) return;
  event.preventDefault();
  if (lane.hasAttribute("data-over")) return;
  unmark();
  lane.dataset.over = "";
});
document.addEventListener("drop", (event) => {
  const lane = laneAt(event);
  if (lane) { event.preventDefault(); move(dragged, lane); }
});
document.addEventListener("dragend", () => {
  unmark();
  dragged?.removeAttribute("data-dragging");
  dragged = null;
});

document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const card = document.querySelector("[data-lane] [aria-current]");
  if (!step || !event.shiftKey || !card || event.target.closest?.("input, textarea, select, [popover]")) return;
  event.preventDefault();
  const lanes = [...document.querySelectorAll("[data-lane]")];
  move(card, lanes[lanes.indexOf(card.closest("[data-lane]")) + step]);
});
