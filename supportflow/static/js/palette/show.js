// The dialog: an input that owns a list of options.
const dialog = document.getElementById("palette");
const input = dialog.querySelector("[role=combobox]");
const list = dialog.querySelector("[role=listbox]");
const found = document.getElementById("palette-found");
const MOST = 60; // options; who seeks one of more types a word
const ONLY = { ">": (one) => !one.isFound && !one.isPlace, "@": (one) => one.isFound, "#": (one) => one.isFound };
let shown = [];
let at = 0;

const make = (name, values, ...inside) => {
  const node = Object.assign(document.createElement(name), values);
  node.append(...inside);
  return node;
};

function option({ label, keys, node }, number) {
  const picture = node.querySelector("svg, .avatar, .dot")?.cloneNode(true) ?? make("span", { className: "icon" });
  const caps = keys.split(" ").filter(Boolean).map((key) => make("kbd", { textContent: key.length > 1 ? key : key.toUpperCase() }));
  const text = make("span", { className: "grow truncate", textContent: label });
  return make("div", { className: "item", id: `palette-${number}`, role: "option" }, picture, text, make("span", { className: "keys", ariaHidden: "true" }, ...caps));
}

function mark(to) {
  at = shown.length ? (to + shown.length) % shown.length : 0;
  list.querySelectorAll("[role=option]").forEach((one) => { one.ariaSelected = String(one.id === `palette-${at}`); });
  const current = document.getElementById(`palette-${at}`);
  if (current) input.setAttribute("aria-activedescendant", current.id); else input.removeAttribute("aria-activedescendant");
  current?.scrollIntoView({ block: "nearest" });
}

const groupOf = ({ isFound: data, isPlace, isScoped, rank }) => (data ? "found" : rank && !input.value ? "recent" : isScoped ? "scope" : isPlace ? "places" : "acts");
const titleOf = (name) => (name === "scope" ? scope.name : dialog.dataset[name]);

function draw() {
  const typed = input.value.replace(/^[>@#]/, "").trim();
  const groups = Object.groupBy(fitting(commands().filter(inReach).map((one) => ({ ...one, isScoped: isOfScope(one) })), typed).filter(ONLY[input.value[0]] ?? (() => true)), groupOf);
  // The best fit decides which group stands first; what was found in the data comes last: it arrives a moment later.
  const names = Object.keys(groups).sort((a, b) => (a === "found") - (b === "found"));
  shown = names.flatMap((name) => groups[name]).slice(0, MOST);
  list.replaceChildren(...names.map((name) => {
    const options = shown.flatMap((one, number) => (groups[name].includes(one) ? [option(one, number)] : []));
    const heading = make("h3", { role: "presentation", textContent: titleOf(name) });
    return make("div", { role: "group", ariaLabel: titleOf(name), hidden: !options.length }, heading, ...options);
  }));
  dialog.querySelector("[data-none]").hidden = shown.length > 0;
  mark(0);
}
