// Files of a plain form: listed, removable, and dropped anywhere on it. The input itself stays the truth.
// A form with data-upload sends them at once instead (uploads.js).
function list(input) {
  const shelf = input.form.querySelector("[data-file-list]");
  if (!shelf) return;
  shelf.hidden = !input.files.length;
  shelf.replaceChildren(...[...input.files].map((file, at) => {
    const chip = Object.assign(document.createElement("button"), { type: "button", className: "file", textContent: `${file.name} ✕` });
    chip.setAttribute("aria-label", shelf.dataset.remove.replace("%s", file.name));
    chip.addEventListener("click", () => {
      const rest = new DataTransfer();
      [...input.files].forEach((other, index) => index === at || rest.items.add(other));
      input.files = rest.files;
      list(input);
    });
    return chip;
  }));
}

const inputOf = (form) => form?.querySelector("form:not([data-upload]) [data-files] input");
document.addEventListener("change", (event) => event.target.closest("form:not([data-upload]) [data-files]") && list(event.target));
document.addEventListener("sent", (event) => {
  const input = inputOf(event.target);
  if (input) { input.value = ""; list(input); }
}, true);
document.addEventListener("dragover", (event) => inputOf(event.target.closest?.("form")) && event.preventDefault());
document.addEventListener("drop", (event) => {
  const input = inputOf(event.target.closest?.("form"));
  if (!input || !event.dataTransfer.files.length) return;
  event.preventDefault();
  const all = new DataTransfer();
  for (const file of [...input.files, ...event.dataTransfer.files]) all.items.add(file);
  input.files = all.files;
  list(input);
});
