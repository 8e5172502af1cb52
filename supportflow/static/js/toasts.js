// Toasts stay eight seconds, longer while somebody looks at them; errors stay until they are dismissed.
const SHOWN = 8000;

function start(toast) {
  if (toast.dataset.started) return;
  toast.dataset.started = "yes";
  if (toast.matches(".red")) return;
  let timer;
  const wait = () => { timer = setTimeout(() => toast.remove(), SHOWN); };
  const hold = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, wait);
  wait();
}

function say(text, wrong) {
  const shelf = document.getElementById("toasts");
  const toast = Object.assign(document.createElement("div"), { className: wrong ? "toast red" : "toast" });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn sm square", textContent: "✕", ariaLabel: shelf?.dataset.dismissLabel });
  close.dataset.dismiss = "";
  toast.append(Object.assign(document.createElement("span"), { textContent: text }), close);
  shelf?.append(toast);
  if (!wrong) start(toast);
}

function startAll() {
  const all = [...document.querySelectorAll(".toasts .toast")];
  all.forEach(start);
  // Only the latest change can be undone, and nobody reads more than three.
  all.slice(0, -1).filter((toast) => toast.dataset.toast?.startsWith("undo-")).forEach((toast) => toast.remove());
  all.filter((toast) => toast.isConnected).slice(0, -3).forEach((toast) => toast.remove());
}
startAll();
document.addEventListener("htmx:after:swap", startAll);
document.addEventListener("toast", (event) => say(event.detail.text, event.detail.wrong));
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast").remove());
document.addEventListener("htmx:error", (event) => {
  const words = document.getElementById("toasts")?.dataset.offline;
  if (words && event.detail.ctx?.request.method !== "GET") say(words, true);
});
