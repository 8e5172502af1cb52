// What happens in the dialog: arrows move, Enter does it, Esc closes; focus goes back where it was.
const numberOf = (one) => Number(one.id.split("-")[1]);

// Where the focus came from nowhere the browser leaves it in here for a moment: the next key would be lost.
function leave() {
  dialog.close();
  if (dialog.contains(document.activeElement)) document.activeElement.blur();
}

function act(number, isApart) {
  const chosen = shown[number];
  if (!chosen) return;
  remember(chosen);
  leave();
  const { node } = chosen;
  if (isApart && node.href) return window.open(node.href, "_blank", "noopener");
  // A menu opens beside its button: on phones the drawer with the button comes first.
  const drawer = node.matches("[popovertarget], [data-menu-opener], [data-focus]") && node.closest(".drawer[popover]:not(:popover-open)");
  if (drawer && !node.checkVisibility()) drawer.showPopover();
  node.dispatchEvent(new CustomEvent("press", { bubbles: true }));
}

dialog.addEventListener("ask", (event) => {
  if (!input.value) found.replaceChildren();
  beginScope();
  draw();
  if (event.detail) act(at); // Enter came before this script
});
dialog.addEventListener("click", (event) => {
  const one = event.target.closest("[role=option]");
  if (one) act(numberOf(one), event.metaKey || event.ctrlKey);
  else if (event.target === dialog || event.target.closest("[data-close]")) leave();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  event.preventDefault();
  leave();
});
list.addEventListener("pointermove", (event) => {
  const one = event.target.closest("[role=option]");
  if (one && numberOf(one) !== at) mark(numberOf(one));
});
input.addEventListener("input", () => {
  if (!input.value.trim()) found.replaceChildren();
  draw();
});
input.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: Math.min(at + 10, shown.length - 1), PageUp: Math.max(at - 10, 0) };
  if (event.isComposing || !(event.key in steps || event.key === "Enter")) return;
  event.preventDefault();
  if (event.key === "Enter") act(at, event.metaKey || event.ctrlKey);
  else mark(steps[event.key]);
});
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement !== input || !dialog.open) return;
  const kept = shown[at]?.node;
  draw();
  mark(Math.max(shown.findIndex((one) => one.node === kept), 0));
});
