// Keeps the page fresh: <body data-live> opens one stream of hints. On a hint an element with an id and
// data-live-ticket="42" (or -contact, -company, -notification; "*" is any of them) gets the event "live": hx-trigger="live" fetches it.
const KINDS = ["ticket", "contact", "company", "notification"];
const PAUSE = 2000; // ms between two fetches of one element
const HIDDEN = 60000; // ms in a hidden tab until the stream is closed
const states = new Map(); // element id → when it may be fetched next, and the timer that will
let source, hiding;
let last = 0; // the last activity heard of
let patience = 1000;

const refresh = ({ id }) => {
  const state = states.get(id) ?? { next: 0, timer: 0 };
  states.set(id, state);
  if (state.timer) return;
  // A little jitter: a hundred browsers hear the same hint in the same moment.
  const delay = Math.max(state.next - Date.now(), 0) + Math.random() * 200;
  state.timer = setTimeout(() => {
    Object.assign(state, { timer: 0, next: Date.now() + PAUSE });
    document.getElementById(id)?.dispatchEvent(new CustomEvent("live"));
  }, delay);
};

const concerned = (hint) => {
  if (hint.reset) return KINDS.map((kind) => `[id][data-live-${kind}]`);
  const about = KINDS.filter((kind) => hint[kind]);
  const named = about.map((kind) => `[id][data-live-${kind}="${hint[kind]}"]`);
  return [...named, `[id][data-live-${about[0]}="*"]`];
};

const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

const connect = () => {
  // The age of the page, in ms: what happened since it was asked for is not on it.
  const asked = performance.getEntriesByType("navigation")[0]?.requestStart ?? 0;
  source = new EventSource(last ? `/live?after=${last}` : `/live?age=${Math.round(performance.now() - asked)}`);
  source.onopen = () => { patience = 1000; say("here"); };
  source.addEventListener("here", ({ data }) => say("here", data));
  source.onmessage = (event) => {
    last = Number(event.lastEventId) || last;
    document.querySelectorAll(concerned(JSON.parse(event.data)).join()).forEach(refresh);
    say("news");
  };
  source.onerror = () => {
    // The browser comes back by itself, but not after an error page, such as a proxy's during a restart.
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => source.readyState === EventSource.CLOSED && !document.hidden && connect(), patience);
    patience = Math.min(patience * 2, 60000);
  };
};

const pause = () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => source.close(), HIDDEN);
  else if (source.readyState === EventSource.CLOSED) connect();
};

if ("live" in document.body.dataset) {
  connect();
  document.addEventListener("visibilitychange", pause);
}
