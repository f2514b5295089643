// Wand: the cells of the model's map that touch the one under the cursor and are as likely tumour.
// Below the threshold the cell's own probability is the bar. Dragging to the right takes more.

import { filled, gettext } from "../../words.js";
import { cut, NOT_ASSESSED, probability } from "../../maps/heatmap.js";
import { cellAt, cellIndex } from "../../viewer/geometry.js";
import { modeOf } from "../combine.js";
import { originOf } from "../lesion.js";
import { takeShape } from "../shaping.js";
import { lesionAt } from "../wand.js";

const PX_PER_STEP = 3; // of dragging, for one of the 254 steps of probability

export function wandTool(board) {
  let press = null;

  /** Where the wand was put down: {cell, value, bar: bytes, screen, mode}; null without a map. */
  function begin(point, screen, event) {
    const { pane } = board.reader;
    if (!pane.picture) {
      board.say(gettext("The wand follows a model’s map: choose one under “Read by”."));
      return null;
    }
    const cell = cellAt(point, pane.prediction);
    const value = cell ? pane.picture.values[cellIndex(cell, pane.prediction)] : NOT_ASSESSED;
    if (value === NOT_ASSESSED) {
      board.say(gettext("No model has assessed this place."));
      return null;
    }
    const bar = Math.min(cut(pane.state.threshold), value);
    return { cell, value, bar, screen, mode: modeOf(event, board.mode) };
  }

  function shapeAt(bar) {
    const { pane } = board.reader;
    const { values } = pane.picture;
    const inside = (index) => values[index] !== NOT_ASSESSED && values[index] >= bar;
    return lesionAt(pane.prediction, inside, press.cell, board.form, board.drawing.size);
  }

  function barAt(screen) {
    const steps = Math.round((screen.x - press.screen.x) / PX_PER_STEP);
    return Math.max(1, Math.min(press.value, press.bar - steps));
  }

  function finish(bar) {
    const shape = shapeAt(bar);
    const { mode } = press;
    const origin = { ...originOf(board), threshold: probability(bar) };
    press = null;
    board.set({ preview: null });
    takeShape(board, shape, { mode, origin, isWhole: true });
  }

  return {
    name: "wand",
    cursor: "crosshair",
    press({ point, screen, event }) {
      press = begin(point, screen, event);
      if (press) board.set({ preview: shapeAt(press.bar) });
    },
    drag({ screen }) {
      if (!press) return;
      const bar = barAt(screen);
      board.set({ preview: shapeAt(bar) });
      board.say(filled(gettext("Wand: probability %(p)s or more"), { p: probability(bar).toFixed(2) }));
    },
    release: ({ screen }) => press && finish(barAt(screen)),
    place(point) {
      press = begin(point, { x: 0, y: 0 }, null);
      if (press) finish(press.bar);
    },
    cancel() {
      press = null;
      board.set({ preview: null });
    },
  };
}
