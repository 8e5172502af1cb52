// What somebody writes in a form, as its property `draft`: kept on this device at once, for each person, page and kind,
// and on the server (draft-sync.js). The copy here goes when the server has the same.
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

class Draft {
  constructor(form) {
    Object.assign(this, { form, has: {} }); // has: by kind, the text and the stamp of what the server keeps
    for (const kind of ["reply", "note", "text"]) this.has[kind] = this.sent(kind);
  }

  get chosen() { return this.form.querySelector("[data-draft-kind]:checked")?.value ?? "text"; }
  get box() { return this.form.querySelector("textarea"); }
  get text() { return this.inputs(this.kind).map((input) => input.value); }
  get isEmpty() { return !this.text.some((value) => value.trim()); }
  get isKnown() { return isSame(this.text, this.has[this.kind].text); }
  key(kind) { return `draft:${this.form.dataset.draft}:${kind}`; }
  copy(kind) { return JSON.parse(localStorage.getItem(this.key(kind)) ?? "null"); }

  inputs(kind) {
    return [this.box, ...(kind === "reply" ? this.form.querySelectorAll("[name=cc], [name=bcc]") : [])];
  }

  // What this page was sent: a hidden element for each kind.
  sent(kind) {
    const { textContent, dataset } = this.form.querySelector(`[data-kept=${kind}]`) ?? {};
    const all = [textContent ?? "", dataset?.cc ?? "", dataset?.bcc ?? ""];
    return { text: all.slice(0, this.inputs(kind).length), seen: dataset?.seen ?? "", at: Number(dataset?.at ?? 0) };
  }

  keep() {
    const { key, text } = { key: this.key(this.kind), text: this.text };
    if (this.isKnown) localStorage.removeItem(key);
    else try { localStorage.setItem(key, JSON.stringify({ text, seen: this.has[this.kind].seen })); } catch { /* it is full: the server has it soon */ }
    this.form.dispatchEvent(new CustomEvent("kept", { bubbles: true, detail: this }));
  }

  write(text) {
    this.inputs(this.kind).forEach((input, at) => { input.value = text[at] ?? ""; });
    this.keep();
  }

  show() {
    this.kind = this.chosen;
    const [copy, had] = [this.copy(this.kind), this.has[this.kind]];
    // It was written on that state: a newer one came from another device and must not be lost.
    if (copy && !isSame(copy.text, had.text)) had.seen = copy.seen;
    this.write(copy?.text ?? had.text);
  }

  took(kind, text, seen) {
    this.has[kind] = { text, seen };
    if (kind === this.kind) this.keep();
    else if (isSame(this.copy(kind)?.text, text)) localStorage.removeItem(this.key(kind));
  }
}

const attach = () => { for (const form of document.querySelectorAll("[data-draft]")) form.draft ??= new Draft(form); };
attach();
document.addEventListener("htmx:after:swap", attach);
