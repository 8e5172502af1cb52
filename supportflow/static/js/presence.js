// Tells the server that somebody looks at the ticket on the screen, or writes a reply, and shows who else does.
const BEAT = 8000; // ms until it is said again; after 20 s of silence one counts as gone
const TYPED = 120000; // ms after the last key in which an unfinished reply counts as being written
const tab = crypto.getRandomValues(new Uint32Array(2)).join("-");
const place = () => document.getElementById("here");
const box = () => document.querySelector("#composer:has([value=reply]:checked) textarea[name=body]");
const isTyped = () => !!box()?.value.trim();
const read = () => (isTyped() && box().form.elements.read?.value) || "";
const now = () => Date.now();
let [told, typed, next, asking] = [{}, 0, 0, false]; // told: address, writing, at

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const id of ["here", "collision"]) document.getElementById(id)?.replaceChildren(...(page.getElementById(id)?.childNodes ?? []));
}

function post(address, values) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, tab, ...values });
  return fetch(address, { method: "POST", body, keepalive: true }).catch(() => null);
}

function leave() {
  if (told.address) post(told.address, { gone: 1 });
  told = {};
}

async function tell() {
  const address = place()?.dataset.here;
  const writing = isTyped() && now() - typed < TYPED;
  if (!address || (document.hidden && !writing)) return leave();
  const isKnown = told.address === address && told.writing === writing && now() - told.at < BEAT;
  if (isKnown || asking || now() < next) return;
  asking = true;
  const answer = await post(address, { writing, read: read() });
  asking = false;
  const isTaken = answer?.ok && !answer.redirected;
  next = isTaken ? 0 : now() + (answer?.status === 429 ? 1000 : BEAT);
  if (isTaken) told = { address, writing, at: now() };
  if (isTaken && answer.status === 200) show(await answer.text());
}

async function look() {
  const address = place()?.dataset.here;
  const answer = address && await fetch(`${address}?read=${read()}`).catch(() => null);
  if (answer?.ok && !answer.redirected && address === place()?.dataset.here) show(await answer.text());
}

// A hint about this ticket; without a ticket the stream was opened, and what came before may have been missed.
let soon;
document.addEventListener("here", ({ detail }) => {
  if (detail ? detail !== place()?.dataset.ticket : now() - (told.at ?? now()) < 2000) return;
  soon ??= setTimeout(() => { soon = undefined; look(); }, 100 + Math.random() * 200);
});
document.addEventListener("input", (event) => { if (event.target === box()) { typed = now(); tell(); } });
document.addEventListener("visibilitychange", tell);
document.addEventListener("htmx:after:swap", () => (document.querySelector("#collision > *") ? look() : tell()));
addEventListener("pagehide", leave);
setInterval(tell, 1000);
tell();
