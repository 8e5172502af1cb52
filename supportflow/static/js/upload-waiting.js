// A message that is sent while its files are on their way goes out when they are there.
let [pending, waiting] = [0, null]; // files that are not up yet, and the button that was pressed

document.addEventListener("upload-begins", () => { pending += 1; });
document.addEventListener("upload-failed", () => { // whoever pressed it looks first
  waiting?.removeAttribute("aria-busy");
  waiting = null;
});
document.addEventListener("upload-ends", () => {
  pending -= 1;
  if (pending || !waiting) return;
  waiting.click();
  waiting = null;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-upload] :is([data-send], [name=then])");
  if (!button || !pending) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  button.setAttribute("aria-busy", "true");
  waiting = button;
}, true);
