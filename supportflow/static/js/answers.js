// What to do with answers that are no part of this page: a refusal becomes a toast and the page stays as it is;
// a session that ended leads to sign-in and back here (drafts are kept on the device).
// A refresh by a live hint waits while an error stands there: it would wipe away what somebody has to read.
document.addEventListener("htmx:before:swap", (event) => {
  const { sourceEvent, sourceElement } = event.detail.ctx;
  if (sourceEvent?.type === "live" && sourceElement.querySelector("[data-summary]")) event.preventDefault();
});

const say = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, wrong: true } }));

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const { status, raw } = ctx.response;
  if (new URL(raw.url, location.href).pathname === "/login" && raw.redirected) {
    ctx.swap = "none";
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else if (status >= 400) {
    const page = new DOMParser().parseFromString(ctx.text, "text/html");
    const words = page.querySelector("[data-error]")?.textContent.trim();
    if (!words && page.querySelector("[data-summary]")) return;
    ctx.swap = "none";
    if (ctx.request.method !== "GET" || status === 403) say(words || `${status} ${raw.statusText}`);
  }
});
