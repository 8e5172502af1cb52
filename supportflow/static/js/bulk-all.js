// "Select all that fit": the numbers of all tickets of the list, for the bulk bar to change in pieces (bulk.js).
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-select-all]");
  if (!button) return;
  const form = button.closest("form");
  const { ids, told } = await (await fetch(form.dataset.ids)).json();
  form.dataset.all = JSON.stringify(ids);
  form.querySelector("[data-selected]").textContent = ids.length;
  button.hidden = true;
  if (told) document.dispatchEvent(new CustomEvent("toast", { detail: { text: told } }));
});

