// Files that are chosen, dropped or pasted go up at once, one after the other, and join the draft.
const say = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, wrong: true } }));
let line = Promise.resolve();

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
  if (request.status !== 201) return say(answer.message ?? form.dataset.failed);
  form.querySelector(`[data-shelf=${kind}]`).insertAdjacentHTML("beforeend", answer.html); // made by our own server
  form.draft.has[kind].seen ||= answer.seen;
}

function send(form, kind, file) {
  const request = new XMLHttpRequest();
  const { bar, drop } = chip(form, file, () => { request.cancelled = true; request.abort(); drop(); });
  const body = new FormData();
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, kind, uploads: file })) body.append(name, value);
  line = line.then(() => request.cancelled || new Promise((done) => {
    request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total; });
    request.addEventListener("load", () => place(form, kind, request));
    request.addEventListener("error", () => say(form.dataset.failed));
    request.addEventListener("loadend", () => { drop(); done(); });
    request.responseType = "json";
    request.open("POST", form.dataset.upload);
    request.send(body);
  }));
}

function take(form, files) {
  for (const file of files) file.size > Number(form.dataset.most) ? say(`${file.name}: ${form.dataset.large}`) : send(form, form.draft.kind, file);
}

const formOf = (event) => event.target.closest?.("[data-upload]");
document.addEventListener("change", (event) => { if (formOf(event) && event.target.type === "file") { take(formOf(event), event.target.files); event.target.value = ""; } });
document.addEventListener("dragover", (event) => { if (formOf(event)) { event.preventDefault(); formOf(event).dataset.over = ""; } });
for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => delete formOf(event)?.dataset.over);
document.addEventListener("drop", (event) => { if (formOf(event) && event.dataTransfer.files.length) { event.preventDefault(); take(formOf(event), event.dataTransfer.files); } });
document.addEventListener("paste", (event) => { // a table is copied as text and as its picture: the text is meant
  const { files, types } = event.clipboardData;
  if (formOf(event) && files.length && !types.includes("text/plain")) { event.preventDefault(); take(formOf(event), files); }
});
document.addEventListener("click", (event) => { const close = event.target.closest("[data-unfile]"); if (close) { const form = formOf(event); close.closest(".file").remove(); form.dispatchEvent(new CustomEvent("rest", { bubbles: true })); } });
