// Files for a draft: chosen, dropped on it or pasted into it (uploads.js sends them), and taken off again.
const formOf = (event) => event.target.closest?.("[data-upload]");
const take = (form, files) => form.dispatchEvent(new CustomEvent("files", { bubbles: true, detail: [...files] }));

document.addEventListener("change", (event) => {
  const form = event.target.type === "file" && formOf(event);
  if (!form) return;
  take(form, event.target.files);
  event.target.value = "";
});

document.addEventListener("dragover", (event) => {
  const form = formOf(event);
  if (!form) return;
  event.preventDefault();
  form.dataset.over = "";
});

for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => delete formOf(event)?.dataset.over);

document.addEventListener("drop", (event) => {
  if (!formOf(event) || !event.dataTransfer.files.length) return;
  event.preventDefault();
  take(formOf(event), event.dataTransfer.files);
});

document.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  // A table is copied as text and as its picture: the text is meant.
  if (!formOf(event) || !files.length || types.includes("text/plain")) return;
  event.preventDefault();
  take(formOf(event), files);
});

document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-unfile]");
  if (!close) return;
  const form = formOf(event);
  close.closest(".file").remove();
  form.dispatchEvent(new CustomEvent("rest", { bubbles: true }));
});
