// What the commands act on stands as a chip before the box: the tickets that are ticked, the row under the cursor, or the
// ticket that is open. Backspace in the empty box, or a press on the chip, drops it: its commands are left out then.
const chip = dialog.querySelector("[data-scope-chip]");
const ofRows = (node) => !!node.closest("[data-bulk]") || !!node.form?.matches("[data-bulk]");
const ofTicket = (node) => !!node.closest("#ticket");
let scope = null;

function scopeHere() {
  const [bar, box, ticket] = [document.querySelector("[data-bulk]"), acted(), document.getElementById("ticket")];
  const row = box?.closest("[data-row], tr");
  if (bar && row) return { name: box.checked ? words(bar.querySelector(".sum")) : row.querySelector(".cover").pathname.split("/").at(-1), holds: ofRows };
  return ticket?.dataset.scope ? { name: ticket.dataset.scope, holds: ofTicket } : null;
}

function showScope() {
  chip.hidden = !scope || !!scope.isDropped;
  const name = chip.hidden ? "" : scope.name; // what is hidden still describes the box
  chip.querySelector("[data-name]").textContent = name;
  chip.ariaLabel = name && chip.dataset.label.replace("%s", name);
}

function beginScope() {
  scope = scopeHere();
  showScope();
}

function dropScope() {
  if (!scope || scope.isDropped) return false;
  scope.isDropped = true;
  showScope();
  draw();
  input.focus();
  return true;
}

const isOfScope = ({ node, isFound: data }) => !data && !!scope?.holds(node);
const inReach = (one) => !(scope?.isDropped && isOfScope(one));

chip.addEventListener("click", dropScope);
input.addEventListener("keydown", (event) => {
  if (event.key === "Backspace" && !event.isComposing && !input.value && dropScope()) event.preventDefault();
});
