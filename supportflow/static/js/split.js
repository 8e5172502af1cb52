// The split layout: a ticket opens beside the list, by a click or under the cursor. Its number stands in the address.
const WIDE = matchMedia("(width >= 60rem)");
const REST = 200; // ms the cursor rests on a row before its ticket is fetched
let timer;
let opened = new URLSearchParams(location.search).get("open") ?? "";

const isSplit = () => WIDE.matches && document.querySelector("[data-split]");

function open(link) {
  const number = new URL(link.href).pathname.split("/").at(-1);
  if (number === opened) return;
  opened = number;
  window.htmx.ajax("GET", link.href, { target: "#pane", select: "#ticket", swap: "innerHTML" });
  const here = new URL(location.href);
  here.searchParams.set("open", number);
  history.replaceState(history.state, "", here);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-split] .cover");
  if (!link || !isSplit() || event.metaKey || event.ctrlKey || event.shiftKey || link.href.endsWith(`/${opened}`)) return;
  event.preventDefault();
  document.dispatchEvent(new CustomEvent("point", { detail: link.closest("tr") }));
  open(link);
});

document.addEventListener("cursor", (event) => {
  clearTimeout(timer);
  if (isSplit()) timer = setTimeout(() => open(event.detail.querySelector(".cover")), REST);
});
