// Keeps "4m" and "2h" true while a page stays open, in words of the page's language.
const LIMITS = [[60, "minute"], [3600, "hour"], [86400, "day"]];

function refresh() {
  const language = document.documentElement.lang || "en";
  for (const time of document.querySelectorAll("time[data-age]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const [size, unit] = LIMITS.findLast(([limit]) => seconds >= limit) ?? [];
    if (!unit) continue;
    const text = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "narrow" }).format(Math.floor(seconds / size));
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(refresh, 30_000);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
