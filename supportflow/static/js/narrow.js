// A list that narrows while somebody types: an input with data-narrows shows the [data-name] beside it whose name has
// every word. Arrow down goes into the list, Enter presses the first that is left.
const listOf = (input) => input.closest("[popover]");
const left = (list) => [...list.querySelectorAll("[data-name]:not([hidden]) .item")];

function narrow(input) {
  const words = input.value.toLowerCase().split(/\s+/);
  for (const item of listOf(input).querySelectorAll("[data-name]")) {
    const name = item.dataset.name.toLowerCase();
    item.hidden = !words.every((word) => name.includes(word));
  }
  listOf(input).querySelector("[data-none]").hidden = left(listOf(input)).length > 0;
}

document.addEventListener("input", (event) => event.target.matches("[data-narrows]") && narrow(event.target));
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-narrows]")) return;
  const [first] = left(listOf(event.target));
  if (event.key === "ArrowDown" || event.key === "Enter") event.preventDefault();
  if (event.key === "ArrowDown") first?.focus();
  if (event.key === "Enter") first?.click();
  if (event.key === "Escape") listOf(event.target).hidePopover(); // by itself a search would only be emptied
});
