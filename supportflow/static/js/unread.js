// Who writes a reply has read what stood there at its beginning: a refresh of the page does not count as reading more.
// What came since is told above the text (presence.js), and by the server before the reply goes out.
const form = () => document.getElementById("composer");
const field = () => form()?.elements.read;
let before = null;

document.addEventListener("htmx:before:swap", ({ detail }) => {
  const isOurs = form()?.contains(detail.ctx?.sourceElement);
  before = !isOurs && form()?.querySelector("textarea").value.trim() ? { form: form(), value: field()?.value } : null;
});
document.addEventListener("htmx:after:swap", () => {
  if (!before?.value || before.form !== form() || !field() || field().value === before.value) return;
  field().value = before.value;
  document.dispatchEvent(new CustomEvent("here", { detail: document.getElementById("here").dataset.ticket }));
});
