// Switches the theme at once; the form then tells the server, which renders it from the next page on.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-switch]");
  const theme = form && event.submitter?.value;
  if (!theme) return;
  event.preventDefault();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual" });
  for (const item of form.querySelectorAll("[name=theme]")) item.ariaChecked = String(item.value === theme);
});
