// Pins on the slide: buttons that stay at their places as it moves.

import { filled, gettext } from "../words.js";

export class PinMarks {
  constructor(reader, board, chosen) {
    Object.assign(this, { reader, board, chosen, viewer: reader.viewer, marks: [], drafted: null });
    this.place = reader.querySelector("[data-pin-marks]");
    if (!this.place) return;
    board.addEventListener("change", () => this.#draw());
    this.viewer.addEventListener("viewchange", () => this.#follow());
  }

  /** Mark the place of a pin that is being written; null takes it away. */
  draft(place) {
    this.drafted = place;
    this.#draw();
  }

  #draw() {
    if (!this.place) return;
    this.marks = this.board.shown.map((pin, i) => [pin, this.#mark(pin, i + 1)]);
    if (this.drafted) this.marks.push([this.drafted, draftMark()]);
    this.place.replaceChildren(...this.marks.map(([, mark]) => mark));
    this.#follow();
  }

  #mark(pin, number) {
    const mark = document.createElement("button");
    Object.assign(mark, { type: "button", className: "pin-mark", textContent: String(number) });
    mark.classList.toggle("is-resolved", pin.is_resolved);
    const said = pin.remarks.findLast(({ kind, is_withdrawn: isGone }) => kind === "said" && !isGone);
    mark.title = said ? `${said.author}: ${said.text}` : "";
    mark.setAttribute("aria-label", filled(gettext("Pin %(n)s of %(who)s"), { n: number, who: pin.author }));
    mark.addEventListener("click", () => this.chosen(pin));
    return mark;
  }

  #follow() {
    if (!this.viewer.isOpen) return;
    const { clientWidth, clientHeight } = this.viewer;
    for (const [{ x_l0: x, y_l0: y }, mark] of this.marks) {
      const at = this.viewer.toScreen({ x, y });
      mark.hidden = at.x < 0 || at.y < 0 || at.x > clientWidth || at.y > clientHeight;
      if (!mark.hidden) mark.style.transform = `translate(${at.x}px, ${at.y}px)`;
    }
  }
}

function draftMark() {
  const mark = document.createElement("span");
  mark.className = "pin-mark is-draft";
  mark.textContent = "+";
  return mark;
}
