// A reply that goes out in a moment: its seconds are counted down, and the page asks again until it is out.
let timer;

function tick() {
  const all = [...document.querySelectorAll("[data-held]")];
  for (const bar of all) {
    bar.ends ??= Date.now() + Number(bar.dataset.held); // ms, as the server counted them: clocks differ
    const left = Math.max(0, Math.ceil((bar.ends - Date.now()) / 1000));
    bar.querySelector("[data-left]").textContent = bar.dataset[left ? "left" : "now"].replace("%s", left);
    const late = Date.now() - bar.ends;
    if (late > 1000 && late > (bar.asked ?? 0)) {
      bar.asked = late * 2; // ever more patient: a worker may be away
      document.getElementById("ticket")?.dispatchEvent(new CustomEvent("live"));
    }
  }
  clearTimeout(timer);
  if (all.length) timer = setTimeout(tick, 500);
}

tick();
document.addEventListener("htmx:after:swap", tick);
