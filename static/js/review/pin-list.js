// The pins of a slide in the panel, each with what was said at it.

import { filled, gettext, language, wholeNumber } from "../words.js";

export class PinList {
  /** go(pin): show it on the slide. act(work): do something that may fail, and say so. */
  constructor(panel, board, { go, act }) {
    Object.assign(this, { panel, board, go, act });
    this.list = panel.querySelector("[data-pin-list]");
    this.template = panel.querySelector("[data-pin-template]");
    board.addEventListener("change", () => this.#draw());
    this.list.addEventListener("click", (event) => this.#clicked(event.target));
    this.list.addEventListener("submit", (event) => this.#answered(event));
  }

  show(pin) {
    this.chosen = pin.id;
    this.#draw();
    this.list.querySelector(`[data-pin="${pin.id}"]`)?.scrollIntoView({ block: "nearest" });
  }

  #draw() {
    const written = this.#written();
    const { shown } = this.board;
    this.list.replaceChildren(...shown.map((pin, place) => this.#item(pin, place)));
    for (const [id, text] of written) {
      const input = this.list.querySelector(`[data-pin="${id}"] input`);
      if (input) input.value = text;
    }
    this.panel.querySelector("[data-pin-none]").hidden = shown.length > 0;
  }

  /** Answers that somebody is writing while others come in. */
  #written() {
    return [...this.list.querySelectorAll("[data-pin]")].map((item) => [item.dataset.pin, item.querySelector("input").value]);
  }

  #item(pin, place) {
    const item = document.importNode(this.template.content, true).querySelector("li");
    item.dataset.pin = String(pin.id);
    item.classList.toggle("is-resolved", pin.is_resolved);
    const go = item.querySelector("[data-pin-go]");
    if (pin.id === this.chosen) go.setAttribute("aria-current", "true");
    go.setAttribute("aria-label", filled(gettext("Show pin %(n)s of %(who)s"), { n: place + 1, who: pin.author }));
    item.querySelector(".pin-number").textContent = wholeNumber(place + 1);
    item.querySelector(".pin-who").textContent = pin.is_public ? filled(gettext("%(who)s, to all readers"), { who: pin.author }) : pin.author;
    item.querySelector(".pin-settled").textContent = pin.is_resolved ? gettext("settled") : "";
    item.querySelector("ul").append(...pin.remarks.map((remark) => remarkOf(remark)));
    item.querySelector("[data-pin-settle]").textContent = pin.is_resolved ? gettext("Open again") : gettext("Settle");
    return item;
  }

  #pinOf(target) {
    const id = Number(target.closest("[data-pin]")?.dataset.pin);
    return this.board.all.find((pin) => pin.id === id) ?? null;
  }

  #clicked(target) {
    const pin = this.#pinOf(target);
    if (!pin) return;
    const remark = target.closest("[data-take-back]")?.dataset.takeBack;
    if (target.closest("[data-pin-go]")) {
      this.show(pin);
      this.go(pin);
    }
    if (target.closest("[data-pin-settle]")) {
      this.act(() => this.board.say(pin, { kind: pin.is_resolved ? "reopened" : "resolved" }));
    }
    if (remark) this.act(() => this.board.say(pin, { kind: "withdrawn", answers: Number(remark) }));
  }

  #answered(event) {
    event.preventDefault();
    const pin = this.#pinOf(event.target);
    const input = event.target.querySelector("input");
    const text = input.value.trim();
    if (!text) return;
    this.act(async () => {
      await this.board.say(pin, { kind: "said", text });
      const after = this.list.querySelector(`[data-pin="${pin.id}"] input`);
      after.value = "";
      after.focus();
    });
  }
}

const KINDS = { resolved: gettext("settled it"), reopened: gettext("opened it again") };

function remarkOf({ id, author, kind, text, at, is_own: isOwn, is_withdrawn: isWithdrawn }) {
  const line = document.createElement("li");
  const [who, what] = [document.createElement("span"), document.createElement("span")];
  who.className = "sub";
  who.textContent = `${author} · ${new Date(at).toLocaleString(language(), { dateStyle: "short", timeStyle: "short" })}`;
  what.textContent = isWithdrawn ? gettext("taken back") : [KINDS[kind], text].filter(Boolean).join(": ");
  what.classList.toggle("quiet", isWithdrawn || kind !== "said");
  line.append(who, what);
  if (isOwn && !isWithdrawn && kind === "said") {
    const back = document.createElement("button");
    Object.assign(back, { type: "button", className: "pin-back", textContent: gettext("Take back") });
    back.dataset.takeBack = String(id);
    line.append(back);
  }
  return line;
}
