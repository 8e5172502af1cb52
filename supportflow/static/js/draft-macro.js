// The macro that was chosen for a reply comes back with its draft.
function load(form) {
  const address = form.querySelector("[data-kept=reply]")?.dataset.macro;
  if (address) window.htmx.ajax("GET", address, { target: "#macro-chosen", swap: "innerHTML", select: "" });
}

document.querySelectorAll("form:has([data-kept])").forEach(load);
document.addEventListener("back", ({ target }) => load(target), true);
