// Small helps around a ticket: a form that was taken is empty again, a link to a message is copied, a page is printed.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (ctx.response?.status < 400 && form?.matches?.("form[data-clears]")) form.reset();
});

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) return print();
  const link = event.target.closest("[data-copy]");
  if (!link || event.metaKey || event.ctrlKey || !navigator.clipboard) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  try {
    await navigator.clipboard.writeText(link.href);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: link.dataset.copy } }));
  } catch {
    location.assign(link.href); // it may not: the address bar shows it
  }
});
