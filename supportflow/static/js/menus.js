// Menus are native popovers. This adds the arrow keys, letters that jump, and closing after a choice.
const items = (menu) => [...menu.querySelectorAll(".item, li > button:not(:disabled)")].filter((item) => item.checkVisibility());

document.addEventListener("toggle", (event) => {
  if (event.newState !== "open" || !event.target.matches("[popover]")) return;
  if (event.target.contains(document.activeElement)) return; // who types fast is there already
  const chosen = event.target.querySelector("[autofocus], [aria-checked=true]");
  (chosen ?? (event.target.matches("[data-menu]") ? items(event.target)[0] : null))?.focus();
}, true);

// What is in the field stays, and one goes on writing behind it.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("[popover] input[autofocus]") && target.selectionStart !== null) target.setSelectionRange(target.value.length, target.value.length);
});

document.addEventListener("keydown", (event) => {
  const fast = event.target === document.body && document.querySelector(".menu[data-menu]:popover-open");
  const menu = event.target.closest?.("[data-menu]") ?? fast;
  if (!menu || event.target.matches("input, textarea, select")) return;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const jump = () => [...all.slice(at + 1), ...all].find((item) => item.innerText.trim().toLowerCase().startsWith(event.key));
  const next = {
    ArrowDown: () => all[(at + 1) % all.length],
    ArrowUp: () => all[(at - 1 + all.length) % all.length],
    ArrowRight: () => all[(at + 1) % all.length],
    ArrowLeft: () => all[(at - 1 + all.length) % all.length],
    Home: () => all[0],
    End: () => all.at(-1),
  }[event.key] ?? (/^\p{L}$/u.test(event.key) && !event.ctrlKey && !event.metaKey ? jump : null);
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  next()?.focus();
});

document.addEventListener("submit", (event) => (event.submitter ?? event.target).closest("[popover]:popover-open")?.hidePopover());
// A menu whose items are fetched opens when they are there, beside the link that asked for them.
document.addEventListener("htmx:after:swap", (event) => {
  const opener = event.detail.ctx.sourceElement?.closest?.("[data-menu-opener]");
  if (opener) document.getElementById(opener.dataset.menuOpener)?.showPopover({ source: opener });
  const dialog = document.getElementById(event.detail.ctx.sourceElement?.dataset?.opens);
  if (!dialog || dialog.open) return;
  event.detail.ctx.sourceElement.closest("[popover]")?.hidePopover();
  dialog.showModal();
});
