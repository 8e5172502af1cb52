// The cursor of a list: j and k move it, o and Enter open the row. It follows its row by id through every refresh.
const rows = () => [...document.querySelectorAll("[data-rows] :is(tbody tr, [data-row]), [data-rows] > ol > li")];
let cursor = "";

function mark(row) {
  rows().forEach((other) => other.removeAttribute("aria-current"));
  if (!row) return;
  cursor = row.id;
  row.setAttribute("aria-current", "true");
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, dialog, [popover]") || document.querySelector(".menu:popover-open")) return;
  if (document.body.dataset.keys === "off" && event.key !== "Enter") return;
  const all = rows();
  const at = all.findIndex((row) => row.id === cursor);
  const to = { j: all[at + 1], k: all[at - 1] }[event.key];
  if (to) {
    mark(to);
    document.dispatchEvent(new CustomEvent("cursor", { detail: to }));
  }
  const onRow = event.target === document.body || event.target.closest?.("main")?.id === "main";
  if (at >= 0 && (event.key === "o" || (event.key === "Enter" && onRow && !event.target.closest("a, button")))) {
    all[at].querySelector(".cover")?.click();
  }
});

document.addEventListener("htmx:after:swap", () => mark(document.getElementById(cursor)));
document.addEventListener("point", (event) => mark(event.detail));
