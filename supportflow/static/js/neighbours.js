// On a ticket j and k go to the next and the previous one of the list that somebody came from, u goes back to it.
const KEPT = "list";
const isList = () => document.querySelector("#tickets[data-rows]");

function keep() {
  if (!isList()) return;
  const tickets = [...document.querySelectorAll("[data-rows] .cover")].map((link) => new URL(link.href).pathname);
  sessionStorage.setItem(KEPT, JSON.stringify({ address: location.pathname + location.search, tickets }));
}

function offer() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  if (!kept || isList() || !document.getElementById("ticket")) return;
  const at = kept.tickets.indexOf(location.pathname);
  for (const link of document.querySelectorAll("[data-back]")) link.href = kept.address;
  for (const link of document.querySelectorAll("[data-neighbour]")) {
    const to = at < 0 ? undefined : kept.tickets[at + Number(link.dataset.neighbour)];
    link.hidden = !to;
    if (to) Object.assign(link, { href: to }).dataset.key = link.dataset.neighbour === "1" ? "j" : "k";
  }
}

addEventListener("pagehide", keep);
document.addEventListener("htmx:after:swap", offer);
offer();
