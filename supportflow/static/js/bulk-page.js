// Some acts of the bulk bar have a page of their own (a reply, a merge): the form goes there as it is, with all that are
// selected in one field.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!event.submitter?.matches("[data-page]")) return;
  event.stopImmediatePropagation(); // it is no part of this page, and goes in no pieces
  const isAny = form.dataset.all || [...form.elements].some((field) => field.name === "ticket" && field.checked);
  if (!isAny) return event.preventDefault();
  if (!form.dataset.all) return;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "tickets", value: JSON.parse(form.dataset.all).join() });
  form.append(field);
  setTimeout(() => field.remove()); // it is sent by then, and must not come along with the next act
}, true);
