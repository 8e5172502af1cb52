// Says that somebody looks at the ticket that is on the screen, so that it is no news to them any more.
const told = new Map(); // ticket → when it was said last
const PAUSE = 3000; // ms

function tell() {
  const ticket = document.getElementById("ticket");
  const address = ticket?.dataset.seen;
  if (!address || document.hidden || Date.now() - (told.get(address) ?? 0) < PAUSE) return;
  told.set(address, Date.now());
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  fetch(address, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken: token }), keepalive: true }).catch(() => {});
}

tell();
document.addEventListener("htmx:after:swap", tell);
document.addEventListener("visibilitychange", tell);
