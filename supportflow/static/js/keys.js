// Keyboard shortcuts: whatever carries data-key is pressed by that key; "g t" is two keys in a row. What carries it as
// data-key-else is pressed where nothing on the page has the key for itself.
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
// The person's own choice (the profile), or this device's: the other modules read it at the body.
const isOffForAll = document.body.dataset.keys === "off";
const off = () => document.body.dataset.keys === "off";
const tell = () => { document.body.dataset.keys = isOffForAll || localStorage.getItem("keys") === "off" ? "off" : "on"; };
tell();
let before = "";
let forget;

function press(target) {
  const radio = target.matches("label") && target.querySelector("input[type=radio]");
  if (target.matches("input[type=search], textarea, [data-focus]")) return target.focus();
  target.click();
  if (radio) target.closest("form").querySelector("textarea")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && typing(event.target) && !event.target.closest("dialog")) return event.target.blur();
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open], .menu:popover-open") || off()) return;
  if (event.key === "Escape" && document.querySelector(":popover-open, [data-rows]")) return; // it closes, or lets go
  const keys = before ? `${before} ${event.key}` : event.key;
  const withKey = (name) => [...document.querySelectorAll(`[${name}="${CSS.escape(keys)}"]`)].find((one) => !one.disabled);
  const target = withKey("data-key") ?? withKey("data-key-else");
  before = "";
  clearTimeout(forget);
  if (target) {
    event.preventDefault();
    target.dispatchEvent(new CustomEvent("press", { bubbles: true }));
  } else if (document.querySelector(`[data-key^="${CSS.escape(event.key)} "]`)) {
    before = event.key;
    forget = setTimeout(() => { before = ""; }, 1500);
  }
});

document.addEventListener("press", (event) => press(event.target));

// Who dictates or types with one hand switches the single keys off.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-keys-switch]")) return;
  localStorage.setItem("keys", target.checked ? "on" : "off");
  tell();
});
const show = () => document.querySelectorAll("[data-keys-switch]").forEach((box) => Object.assign(box, { checked: !off(), disabled: isOffForAll }));
show();
document.addEventListener("htmx:after:swap", show);
