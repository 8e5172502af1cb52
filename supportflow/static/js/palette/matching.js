// Which commands fit what was typed: every word begins a word of theirs, in any order; the latest used come first.
const RECENT = "palette:recent";
const KEPT = 8;
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const split = (text) => plain(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
const recent = () => JSON.parse(localStorage.getItem(RECENT) ?? "[]");

// What was found in the data is not kept here: others may use this browser.
function remember({ label, isFound }) {
  if (!isFound) localStorage.setItem(RECENT, JSON.stringify([label, ...recent().filter((one) => one !== label)].slice(0, KEPT)));
}

// 3: it begins so; 2: each word begins one of its words; 1: each stands somewhere in it; 0: it does not fit.
function fit(label, typed) {
  const [sought, there] = [split(typed), split(label)];
  if (plain(label).startsWith(plain(typed))) return 3;
  if (sought.every((word) => there.some((other) => other.startsWith(word)))) return 2;
  return sought.every((word) => word.length > 2 && plain(label).includes(word)) ? 1 : 0;
}

function fitting(all, typed) {
  const latest = recent();
  const rank = ({ label, isFound }) => (!isFound && latest.includes(label) ? latest.length - latest.indexOf(label) : 0);
  return all
    .map((one) => ({ ...one, score: one.isFound ? 1 : fit(one.label, typed), rank: rank(one) }))
    .filter((one) => one.score)
    .sort((a, b) => b.score - a.score || b.rank - a.rank || b.isScoped - a.isScoped || a.isPlace - b.isPlace); // else as on the page
}
