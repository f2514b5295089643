// Pins as a part of a slide's page: places that people talk about, set with a key, answered in the
// panel, settled, opened again, taken back.

import { attend } from "../reader/jumps.js";
import { NoAnswer, Refused } from "../server.js";
import { filled, gettext, ngettext } from "../words.js";
import { PinBoard } from "./pin-board.js";
import { PinList } from "./pin-list.js";
import { PinMarks } from "./pin-marks.js";

export function connect(reader) {
  const panel = reader.querySelector("[data-pins]");
  if (panel) new Pins(reader, panel).start();
}

class Pins {
  constructor(reader, panel) {
    Object.assign(this, { reader, panel, viewer: reader.viewer, draft: null });
    this.board = new PinBoard(reader.page);
    this.form = panel.querySelector("[data-pin-form]");
    this.text = this.form.querySelector("textarea");
    this.marks = new PinMarks(reader, this.board, (pin) => this.show(pin));
    this.list = new PinList(panel, this.board, {
      go: (pin) => this.go(pin),
      act: (work) => this.#tried(work),
    });
  }

  start() {
    const { reader, panel, form, board } = this;
    board.addEventListener("change", () => this.#count());
    panel.querySelector("[data-pin-new]").addEventListener("click", () => this.begin());
    panel.querySelector("[data-pin-cancel]").addEventListener("click", () => this.#end());
    form.addEventListener("submit", (event) => this.#submitted(event));
    form.addEventListener("keydown", (event) => this.#pressed(event));
    reader.commands.add([
      {
        ...{ name: "set-pin", group: gettext("Pins"), isOurs: true, keys: ["k"] },
        label: gettext("Set a pin where the pointer is, or at the centre"),
        run: () => this.begin(),
      },
    ]);
    for (const name of ["focus", "online"]) window.addEventListener(name, () => board.load(), { signal: reader.signal });
    this.#tried(() => board.load());
  }

  /** Begin a pin; the place is taken before anything else moves. */
  begin() {
    if (!this.viewer.isOpen) return;
    const { x, y } = this.reader.pointed ?? this.viewer.view;
    const { width, height } = this.reader.page.slide;
    this.draft = { x_l0: Math.min(width, Math.max(0, x)), y_l0: Math.min(height, Math.max(0, y)) };
    this.marks.draft(this.draft);
    this.#attend();
    this.form.hidden = false;
    this.text.focus();
  }

  #end() {
    this.draft = null;
    this.marks.draft(null);
    this.form.hidden = true;
    this.viewer.viewer.canvas.focus({ preventScroll: true });
  }

  /** Enter sets the pin, Shift and Enter begin a line, Escape gives it up. */
  #pressed(event) {
    if (event.key === "Escape") this.#end();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.form.requestSubmit();
    else return;
    event.preventDefault();
  }

  #submitted(event) {
    event.preventDefault();
    const text = this.text.value.trim();
    if (!text || !this.draft) return;
    this.#tried(async () => {
      await this.board.set({ ...this.draft, text, is_public: Boolean(this.form.elements.is_public?.checked) });
      this.text.value = "";
      this.#end();
    });
  }

  /** Show a pin in the panel. */
  show(pin) {
    this.#attend();
    this.list.show(pin);
  }

  /** On the desk pins are a part of their own, on the slide's page one of its marks. */
  #attend() {
    const { part } = this.panel.closest("[data-part]").dataset;
    attend(this.reader, part);
  }

  go({ x_l0: x, y_l0: y }) {
    this.viewer.lead();
    const { width } = this.viewer.view;
    this.viewer.show({ x, y, width: Math.min(width, this.viewer.clientWidth * 2) });
  }

  /** What failed is said, and what was written stays where it was written. */
  async #tried(work) {
    const place = this.panel.querySelector("[data-pin-trouble]");
    try {
      await work();
      place.hidden = true;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      place.textContent = wordsOf(error);
      place.hidden = false;
    }
  }

  #count() {
    const { length } = this.board.open;
    for (const place of this.reader.querySelectorAll("[data-pin-count]")) {
      place.hidden = length === 0;
      place.textContent = String(length);
      place.title = filled(ngettext("%(n)s open", "%(n)s open", length), { n: length });
    }
  }
}

function wordsOf(error) {
  if (error instanceof NoAnswer) return gettext("Not sent: no network. What you wrote is still here; send it again.");
  if (error.isLoggedOut) return gettext("Not sent: you are logged out. Log in in another tab, then send it again.");
  return filled(gettext("Not sent: %(why)s"), { why: error.message });
}
