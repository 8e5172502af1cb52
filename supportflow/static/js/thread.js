// A conversation opens at its newest message, and follows what is written while somebody looks at the end of it.
const region = () => document.getElementById("conversation");
const boxOf = (one) => (getComputedStyle(one).overflowY === "visible" ? document.scrollingElement : one);
const NEAR = 60; // px from the end
let follows = false;
const opened = new WeakSet(); // marks of what was new, that somebody was taken to

function toNewest() {
  const news = document.getElementById("news");
  if (news && !opened.has(news)) {
    opened.add(news);
    return news.scrollIntoView();
  }
  const newest = [...document.querySelectorAll("#thread > li:has(.message)")].slice(1).at(-1);
  const end = document.querySelector(".dock")?.getBoundingClientRect().top ?? innerHeight;
  if (!newest || newest.getBoundingClientRect().bottom <= end) return;
  const box = boxOf(region());
  box.scrollTop = box.scrollHeight;
  // A message taller than the view is read from its start.
  const top = box === region() ? box.getBoundingClientRect().top : 0;
  if (newest.getBoundingClientRect().top < top) newest.scrollIntoView();
}

const [visit] = performance.getEntriesByType("navigation");
if (region() && !location.hash && !location.search && visit?.type === "navigate" && !document.querySelector("[data-summary]")) toNewest();

document.addEventListener("sent", () => region() && toNewest(), true);
document.addEventListener("htmx:before:swap", () => {
  const box = region() && boxOf(region());
  follows = !!box && box.scrollHeight - box.scrollTop - box.clientHeight < NEAR && box.scrollTop > 0;
});
document.addEventListener("htmx:after:swap", () => follows && region() && toNewest());
