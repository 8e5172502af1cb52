// "@" opens the list of colleagues who may see the ticket, narrowed while somebody types; the name stands in the text.
const AGE = 60000; // ms until it is fetched anew
const list = () => document.getElementById("mention-menu");
const left = () => [...list().querySelectorAll("[role=option]:not([hidden])")];
let [box, at] = [null, -1]; // the textarea whose "@" is being followed, and where that stands

function close() {
  box?.removeAttribute("aria-activedescendant");
  list()?.hidePopover();
  box = null;
}

function point(option) {
  for (const one of left()) one.ariaSelected = String(one === option);
  option.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", option.id);
}

function narrow() {
  const typed = box.value.slice(at + 1, box.selectionStart);
  if (box.selectionStart <= at || box.value[at] !== "@" || /\n|\s\s/.test(typed) || typed.length > 60) return close();
  const words = typed.toLowerCase().split(/\s+/).map((word) => ` ${word}`);
  for (const one of list().querySelectorAll("[role=option]")) one.hidden = !words.every((word) => ` ${one.dataset.name.toLowerCase()}`.includes(word));
  if (!left().length) return close();
  if (!list().matches(":popover-open")) list().showPopover({ source: box });
  point(left()[0]);
}

async function open(target, where) {
  const menu = list();
  if (Date.now() - Number(menu.dataset.at ?? 0) > AGE) {
    const answer = await fetch(menu.dataset.people, { redirect: "manual" }).catch(() => null);
    if (answer?.ok) Object.assign(menu, { innerHTML: await answer.text() }).dataset.at = Date.now();
  }
  if (document.activeElement === target) { [box, at] = [target, where]; narrow(); }
}

function choose(option) {
  box.setSelectionRange(at, box.selectionStart);
  document.execCommand("insertText", false, `@${option.dataset.insert} `);
  close();
}

document.addEventListener("input", ({ target, data }) => {
  if (box) return narrow();
  if (data !== "@" || !list() || !target.matches("[data-mentions]")) return;
  if (!/[\p{L}\p{N}.@]@$/u.test(target.value.slice(0, target.selectionStart))) open(target, target.selectionStart - 1);
});
document.addEventListener("keydown", (event) => {
  if (!box || event.target !== box || event.isComposing || event.metaKey || event.ctrlKey) return;
  const all = left();
  const now = all.findIndex((one) => one.ariaSelected === "true");
  const act = { ArrowDown: () => point(all[(now + 1) % all.length]), ArrowUp: () => point(all.at(now - 1)), Enter: () => choose(all[now]), Tab: () => choose(all[now]), Escape: close }[event.key];
  if (act) { event.preventDefault(); event.stopPropagation(); act(); }
}, true);
document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest("#mention-menu [role=option]");
  if (option) { event.preventDefault(); choose(option); }
  else if (event.target !== box) close();
});
