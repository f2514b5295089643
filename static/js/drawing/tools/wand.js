// Wand: the cells of the model's map that touch the one under the cursor and are as likely tumour.
// Below the threshold the cell's own probability is the bar. Dragging to the right takes more.

import { decimals, filled, gettext } from "../../words.js";
import { cut, NOT_ASSESSED, probability } from "../../maps/heatmap.js";
import { cellAt, cellIndex } from "../../viewer/geometry.js";
import { modeOf } from "../combine.js";
import { originOf } from "../lesion.js";
import { takeShape } from "../shaping.js";
import { lesionAt } from "../wand.js";

const PX_PER_STEP = 3; // of dragging, for one of the 254 steps of probability

export class WandTool {
  name = "wand";
  cursor = "crosshair";
  #held = null; // {cell, value, bar: bytes, x: on the screen, mode} from press to release

  constructor(board) {
    this.board = board;
  }

  press({ point, screen, event }) {
    this.#held = this.#begin(point, screen.x, event);
    if (this.#held) this.board.set({ preview: this.#shapeAt(this.#held.bar) });
  }

  drag({ screen }) {
    if (!this.#held) return;
    const bar = this.#barAt(screen.x);
    const words = gettext("Wand: probability %(p)s or more");
    this.board.set({ preview: this.#shapeAt(bar) });
    this.board.say(filled(words, { p: decimals(probability(bar), 2) }));
  }

  release({ screen }) {
    if (this.#held) this.#finish(this.#barAt(screen.x));
  }

  place(point) {
    this.#held = this.#begin(point, 0, null);
    if (this.#held) this.#finish(this.#held.bar);
  }

  cancel() {
    this.#held = null;
    this.board.set({ preview: null });
  }

  putDown() {
    this.cancel();
  }

  /** Where the wand was put down; null where there is nothing to follow. */
  #begin(point, x, event) {
    const { board } = this;
    const { picture, prediction, state } = board.reader.pane;
    if (!picture) {
      board.say(gettext("The wand follows a model’s map: choose one under “Read by”."));
      return null;
    }
    const cell = cellAt(point, prediction);
    const value = cell ? picture.values[cellIndex(cell, prediction)] : NOT_ASSESSED;
    if (value === NOT_ASSESSED) {
      board.say(gettext("No model has assessed this place."));
      return null;
    }
    const bar = Math.min(cut(state.threshold), value);
    return { cell, value, bar, x, mode: modeOf(event, board.mode) };
  }

  #shapeAt(bar) {
    const { picture, prediction } = this.board.reader.pane;
    const inside = (index) => picture.values[index] !== NOT_ASSESSED && picture.values[index] >= bar;
    return lesionAt(prediction, inside, this.#held.cell, this.board.form, this.board.drawing.size);
  }

  /** The bar that the pointer stands for; the cell under the wand is always taken. */
  #barAt(x) {
    const steps = Math.round((x - this.#held.x) / PX_PER_STEP);
    return Math.max(NOT_ASSESSED + 1, Math.min(this.#held.value, this.#held.bar - steps));
  }

  #finish(bar) {
    const shape = this.#shapeAt(bar);
    const { mode } = this.#held;
    this.cancel();
    const origin = { ...originOf(this.board), threshold: probability(bar) };
    takeShape(this.board, shape, { mode, origin, isWhole: true });
  }
}
