// Files that are chosen, dropped or pasted go up at once, one after the other, and join the draft.
const say = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, wrong: true } }));
let line = Promise.resolve();
const tell = (name) => document.dispatchEvent(new CustomEvent(name)); // for upload-waiting.js
const fail = (text) => { say(text); tell("upload-failed"); };

function chip(form, file, stop) {
  const shelf = form.querySelector("[data-uploading]");
  const made = Object.assign(document.createElement("span"), { className: "file" });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0, ariaLabel: file.name });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "btn ghost sm square", textContent: "✕" });
  close.ariaLabel = shelf.dataset.remove.replace("%s", file.name);
  close.addEventListener("click", stop);
  made.append(Object.assign(document.createElement("span"), { className: "truncate", textContent: file.name }), bar, close);
  shelf.append(made);
  return { bar, drop: () => made.remove() };
}

function place(form, kind, request) {
  if (new URL(request.responseURL || location.href).pathname === "/login") return location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
  const answer = request.response ?? {};
  if (request.status !== 201) return fail(answer.message ?? form.dataset.failed);
  form.querySelector(`[data-shelf=${kind}]`).insertAdjacentHTML("beforeend", answer.html); // made by our own server
  form.draft.has[kind].seen ||= answer.seen;
  form.dispatchEvent(new CustomEvent("rest", { bubbles: true })); // a save that crossed it did not know of the file
}

function send(form, kind, file) {
  const request = new XMLHttpRequest();
  const { bar, drop } = chip(form, file, () => { request.cancelled = true; request.abort(); drop(); });
  const body = new FormData();
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, kind, uploads: file })) body.append(name, value);
  tell("upload-begins");
  line = line.then(() => request.cancelled || new Promise((next) => {
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total; });
    request.addEventListener("load", () => place(form, kind, request));
    request.addEventListener("error", () => fail(form.dataset.failed));
    request.addEventListener("loadend", () => { drop(); next(); });
    request.responseType = "json";
    request.open("POST", form.dataset.upload);
    request.send(body);
  })).then(() => tell("upload-ends"));
}

document.addEventListener("files", ({ target, detail }) => {
  for (const file of detail) file.size > Number(target.dataset.most) ? say(`${file.name}: ${target.dataset.large}`) : send(target, target.draft.kind, file);
});
