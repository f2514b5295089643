// Pins on the slide: buttons that stay at their places as it moves.

import { filled, gettext } from "../words.js";

const APART_PX = 40; // a finger tells apart what lies farther

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
    Object.assign(mark, { type: "button", className: "pin-mark" });
    mark.dataset.number = String(number);
    mark.classList.toggle("is-resolved", pin.is_resolved);
    const said = pin.remarks.findLast(({ kind, is_withdrawn: isGone }) => kind === "said" && !isGone);
    mark.title = said ? `${said.author}: ${said.text}` : "";
    mark.setAttribute("aria-label", filled(gettext("Pin %(n)s of %(who)s"), { n: number, who: pin.author }));
    mark.addEventListener("click", () => this.chosen(pin));
    return mark;
  }

  /** Pins that would lie on each other are one mark, which tells how many more there are. */
  #follow() {
    if (!this.viewer.isOpen) return;
    const { width, height } = this.viewer.extent;
    const leaders = [];
    for (const [{ x_l0: x, y_l0: y, id }, mark] of this.marks) {
      const at = this.viewer.toScreen({ x, y });
      const isOutside = at.x < 0 || at.y < 0 || at.x > width || at.y > height;
      const leader = id && leaders.find((one) => Math.hypot(one.at.x - at.x, one.at.y - at.y) < APART_PX);
      mark.hidden = isOutside || Boolean(leader);
      if (leader && !isOutside) leader.more += 1;
      if (mark.hidden) continue;
      mark.style.transform = `translate(${at.x}px, ${at.y}px)`;
      if (id) leaders.push({ at, mark, more: 0 });
    }
    for (const { mark, more } of leaders) {
      const words = more ? `${mark.dataset.number} +${more}` : mark.dataset.number;
      if (mark.textContent !== words) mark.textContent = words;
    }
  }
}

function draftMark() {
  const mark = document.createElement("span");
  mark.className = "pin-mark is-draft";
  mark.textContent = "+";
  return mark;
}
