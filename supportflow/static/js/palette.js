// ⌘K, Ctrl K or a press on [data-palette]: its script comes when somebody first asks for it.
let loaded;

async function open() {
  const dialog = document.getElementById("palette");
  if (!dialog || document.querySelector("dialog[open]")) return;
  // At once: what is typed while the script comes belongs to it, and is no shortcut.
  dialog.querySelector("input").value = "";
  dialog.showModal();
  let isEntered = false;
  const early = (event) => { isEntered ||= event.key === "Enter"; };
  dialog.addEventListener("keydown", early);
  loaded ??= import(dialog.dataset.script).catch(() => { loaded = undefined; });
  await loaded;
  dialog.removeEventListener("keydown", early);
  if (dialog.open) dialog.dispatchEvent(new CustomEvent("ask", { detail: isEntered }));
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-palette]")) return;
  event.target.closest("[popover]")?.hidePopover?.();
  open();
});
