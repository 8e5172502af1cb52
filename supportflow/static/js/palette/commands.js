// What one can do here and where one can go: collected from the page itself, so that nothing is listed twice.
const PLACES = "#nav a[href], #palette-found a.item";
const ACTS = "[data-key], [data-key-else], [data-command], [data-command-of], [role=menu] :is(button, a), .track button, .props .value";
const MORE = ".title-block [popovertarget], [popovertarget=view-form], a[rel=next], a[rel=prev]";
const ONE_OF = "[role=menuitemradio], .track button, [form=bulk][name], [name=then]"; // several values of one thing
const KEY = / \(\p{L}( \p{L})?\)$/u; // some names tell their key
const NO_WORDS = ".keys, kbd, .count, svg, .avatar, .sr-only";

function words(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll(NO_WORDS).forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function nameOf(node) {
  const property = node.matches(".props .value") && node.closest("dd")?.previousElementSibling;
  if (property) return `${words(property)}…`;
  return (node.dataset.command || node.ariaLabel || words(node) || node.placeholder || node.textContent.trim()).replace(KEY, "");
}

// "Priority" before "High". What stands in a menu of acts says all by itself.
function kindOf(node) {
  if (node.dataset.commandOf || !node.matches(ONE_OF) || node.dataset.command) return node.dataset.commandOf ?? "";
  const heading = node.closest("form")?.querySelector(":scope > .sub") ?? node.closest("section:has(> header > h2)")?.querySelector("h2");
  return heading ? words(heading) : node.closest("[role=menu]")?.ariaLabel ?? "";
}

const acted = () => document.querySelector("[data-rows] .c-check input:checked, [data-rows] [aria-current] .c-check input");
const isFound = (node) => !!node.closest("#palette-found");

// Of the list's bar only while a row is ticked or pointed at.
function isOffered(node) {
  if (isFound(node)) return true;
  if (node.disabled || node.closest("dialog, [hidden], [data-palette]")) return false;
  if (node.form?.matches("[data-bulk]") || node.closest("[data-bulk]")) return !!acted();
  return !!node.closest("[popover], .sr-only") || node.checkVisibility() || "key" in node.dataset;
}

function keysOf({ dataset }) {
  const isTaken = dataset.keyElse && document.querySelector(`[data-key="${CSS.escape(dataset.keyElse)}"]`);
  return dataset.key ?? (isTaken ? "" : dataset.keyElse ?? "");
}

function command(node) {
  const [kind, name] = [kindOf(node), nameOf(node)];
  const isPlace = !isFound(node) && !!node.closest("#nav") && node.matches("a");
  return { node, label: kind ? `${kind}: ${name}` : name, isFound: isFound(node), isPlace, keys: keysOf(node) };
}

// The same by two buttons is one command: by that which has a key.
function commands() {
  const all = new Map();
  for (const one of [...document.querySelectorAll([ACTS, MORE, PLACES].join())].filter(isOffered).map(command)) {
    const key = `${one.isFound}|${one.label}`;
    if (one.label && (!all.has(key) || (one.keys && !all.get(key).keys))) all.set(key, one);
  }
  return [...all.values()];
}
