// Forms: sent once, sent by Ctrl Enter, sent by a choice where that is the whole form; errors get the focus.
const free = (form) => {
  delete form.dataset.sending;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
};

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-once]");
  if (!form) return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "yes";
  event.submitter?.setAttribute("aria-busy", "true");
}, true);

// A search says only what somebody chose; empty fields stay out of the address.
document.addEventListener("submit", (event) => {
  if (event.target.role === "search") for (const field of event.target.elements) field.disabled ||= !!field.name && !field.value;
});

// A page that comes back from the browser's memory is not sending any more, nor is a form that htmx is done with.
addEventListener("pageshow", () => {
  document.querySelectorAll("[data-sending]").forEach(free);
  for (const field of document.querySelectorAll("[role=search] :disabled")) field.disabled = false;
});
document.addEventListener("htmx:finally:request", () => document.querySelectorAll("[data-sending]").forEach(free));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  const form = event.target.closest?.("form");
  const resolving = event.shiftKey && form?.matches(":has([name=kind][value=reply]:checked)") && form.querySelector("[name=then][value=RESOLVED]");
  const button = resolving || [...(form?.querySelectorAll("[data-send]") ?? [])].find((one) => one.checkVisibility());
  if (button) event.preventDefault();
  button?.click();
});

document.addEventListener("change", (event) => event.target.closest("[data-auto]")?.form?.requestSubmit());

const toSummary = () => document.querySelector("[data-summary]")?.focus();
toSummary();
document.addEventListener("htmx:after:swap", toSummary);
