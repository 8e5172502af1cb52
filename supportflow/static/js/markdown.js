// Markdown by button and key in the textarea of a form. The text goes in as if it were typed: the browser undoes it.
const MOST = 20000; // characters
const PAIRS = { bold: "**", italic: "_", code: "`" };
const LINES = { list: "- ", quote: "> " };
const KEYS = { b: "bold", i: "italic", "shift+u": "link", "shift+c": "code", "shift+8": "list", "shift+9": "quote" };

function type(box, start, end, text) {
  box.focus();
  box.setSelectionRange(start, end);
  // Browsers take minutes to type ten thousand lines: those are set in one piece.
  if (text && text.length < MOST && document.execCommand("insertText", false, text)) return;
  if (!text && document.execCommand("delete")) return;
  box.setRangeText(text, start, end, "end");
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function pair(box, mark) {
  const { value, selectionStart: start, selectionEnd: end } = box;
  const wide = mark.length;
  const has = value.slice(start - wide, start) === mark && value.slice(end, end + wide) === mark;
  const words = value.slice(start, end);
  if (has) type(box, start - wide, end + wide, words);
  else type(box, start, end, mark + words + mark);
  const from = has ? start - wide : start + wide;
  box.setSelectionRange(from, from + words.length);
}

function link(box) {
  const { value, selectionStart: start, selectionEnd: end } = box;
  const words = value.slice(start, end);
  const isAddress = /^https?:\/\/\S+$/.test(words);
  type(box, start, end, isAddress ? `[](${words})` : `[${words}](https://)`);
  if (isAddress) box.setSelectionRange(start + 1, start + 1);
  else box.setSelectionRange(start + words.length + 3, start + words.length + 11);
}

function lines(box, mark) {
  const { value, selectionStart, selectionEnd: end } = box;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const all = value.slice(start, end).split("\n");
  const has = all.every((one) => one.startsWith(mark));
  const text = all.map((one) => (has ? one.slice(mark.length) : mark + one)).join("\n");
  type(box, start, end, text);
  if (all.length > 1) box.setSelectionRange(start, start + text.length);
}

function mark(box, what) {
  if (what === "link") link(box);
  else if (what in LINES) lines(box, LINES[what]);
  else if (what === "code" && box.value.slice(box.selectionStart, box.selectionEnd).includes("\n")) pair(box, "\n```\n");
  else pair(box, PAIRS[what]);
}

document.addEventListener("click", ({ target }) => target.closest("[data-mark]") && mark(target.closest("form").querySelector("textarea"), target.closest("[data-mark]").dataset.mark));
document.addEventListener("keydown", (event) => {
  if (!(event.metaKey || event.ctrlKey) || event.altKey || !event.target.matches?.("form:has([data-mark]) textarea")) return;
  const what = KEYS[`${event.shiftKey ? "shift+" : ""}${event.code.startsWith("Digit") ? event.code.at(-1) : event.key.toLowerCase()}`];
  if (what) { event.preventDefault(); mark(event.target, what); }
});
