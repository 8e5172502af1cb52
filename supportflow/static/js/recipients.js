// Who will get the reply is asked of the server once somebody writes, and again while Cc or Bcc change.
let timer;
const ask = (form) => form.querySelector("[data-recipients]")?.dispatchEvent(new CustomEvent("ask"));

document.addEventListener("focusin", ({ target }) => {
  const form = target.closest?.("form:has([data-recipients]:not([data-asked]))");
  if (!form) return;
  form.querySelector("[data-recipients]").dataset.asked = "";
  ask(form);
});
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[name=cc], [name=bcc]") || !target.form.querySelector("[data-recipients]")) return;
  clearTimeout(timer);
  timer = setTimeout(ask, 300, target.form);
});
