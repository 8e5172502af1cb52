// How many tickets are in each list of the navigation: the last known at once, the true ones after a moment, and again
// after news, at most every five seconds.
const PAUSE = 5000; // ms between two questions
const FRESH = 15000; // ms in which another page of this tab asks again only after news
let next = 0;
let timer;
let acted = false; // since it was asked last

const lists = () => [...document.querySelectorAll("[data-count]")].map((place) => place.dataset.count).join();

function show({ counts, most }) {
  const told = (number) => number.toLocaleString(document.documentElement.lang);
  for (const place of document.querySelectorAll("[data-count]")) {
    const count = counts[place.dataset.count];
    place.textContent = count ? (count > most ? `${told(most)}+` : told(count)) : "";
    place.toggleAttribute("data-some", count > 0);
  }
}

async function ask() {
  timer = undefined;
  if (document.hidden || !document.querySelector("[data-count]")) return;
  next = Date.now() + PAUSE;
  acted = false;
  const answer = await fetch("/tickets/counts", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const found = await answer.json();
  sessionStorage.setItem("counts", JSON.stringify({ ...found, lists: lists(), at: acted ? 0 : Date.now() }));
  show(found);
}

const soon = () => { timer ??= setTimeout(ask, Math.max(next - Date.now(), 0) + Math.random() * 300); };

if (!lists()) sessionStorage.removeItem("counts"); // the page of the sign-in: somebody else may come
const kept = JSON.parse(sessionStorage.getItem("counts") ?? "null");
if (kept) show(kept);
setTimeout(soon, kept?.lists === lists() ? Math.max(kept.at + FRESH - Date.now(), 0) : 0);
document.addEventListener("news", soon);

// What somebody does themselves may change them at once, on this page or on the one that comes next.
document.addEventListener("submit", () => {
  const known = JSON.parse(sessionStorage.getItem("counts") ?? "null");
  if (known) sessionStorage.setItem("counts", JSON.stringify({ ...known, at: 0 }));
  acted = true;
});
document.addEventListener("htmx:after:swap", () => acted && soon());
document.addEventListener("visibilitychange", () => document.hidden || soon());
