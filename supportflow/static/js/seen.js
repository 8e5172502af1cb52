// Says that somebody looks at the ticket that is on the screen, so that it is no news to them any more.
const told = new Map(); // ticket → when it was said last
const PAUSE = 3000; // ms

function tell() {
  const ticket = document.getElementById("ticket");
  const address = ticket?.dataset.seen;
  if (!address || document.hidden || Date.now() - (told.get(address) ?? 0) < PAUSE) return;
  told.set(address, Date.now());
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const body = new URLSearchParams({ csrfmiddlewaretoken: token });
  fetch(address, { method: "POST", body, keepalive: true }).then(quieten, () => {});
}

// The bell may have rung for what is being looked at.
function quieten() {
  if (document.querySelector("[data-count=notifications][data-some]")) document.dispatchEvent(new Event("news"));
}

tell();
document.addEventListener("htmx:after:swap", tell);
document.addEventListener("visibilitychange", tell);
