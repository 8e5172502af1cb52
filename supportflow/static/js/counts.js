// How many tickets are in each list of the navigation: the last known at once, the true ones after a moment, and again
// after news, at most every five seconds.
const PAUSE = 5000; // ms
let next = 0;
let timer;

function show({ counts, most }) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const count = counts[place.dataset.count];
    place.textContent = count ? (count > most ? `${most}+` : count) : "";
    place.toggleAttribute("data-some", count > 0);
  }
}

async function ask() {
  timer = undefined;
  if (document.hidden || !document.querySelector("[data-count]")) return;
  next = Date.now() + PAUSE;
  const answer = await fetch("/tickets/counts", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const found = await answer.json();
  sessionStorage.setItem("counts", JSON.stringify(found));
  show(found);
}

const soon = () => { timer ??= setTimeout(ask, Math.max(next - Date.now(), 0) + Math.random() * 300); };

const kept = sessionStorage.getItem("counts");
if (kept) show(JSON.parse(kept));
if (document.querySelector("[data-count]")) soon();
document.addEventListener("news", soon);
document.addEventListener("visibilitychange", () => document.hidden || soon());
