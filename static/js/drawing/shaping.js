// From the shape that was drawn to the drawing: refused, repaired, cut at the slide's edge, and
// then made a region, added, subtracted or intersected; with words for each of these.

import { asAdded, asIntersected, asNew, asSubtracted, fitted, touched } from "./combine.js";
import { filled, gettext, ngettext } from "../words.js";

const SMALLEST_PX = 2; // on the screen, squared: less is a slip of the hand

const REFUSALS = {
  small: gettext("Too small to be a region: nothing was drawn."),
  outside: gettext("That lies outside the slide: nothing was drawn."),
};

const ACTS = { add: asAdded, subtract: asSubtracted, intersect: asIntersected };

const NAMES = {
  new: gettext("Draw"),
  add: gettext("Add"),
  subtract: gettext("Subtract"),
  intersect: gettext("Intersect"),
};

/**
 * Let a shape act on the drawing. mode: one of MODES; origin: where the shape was taken from;
 * isWhole: parts that do not touch stay one region. Gives whether anything changed.
 */
export function takeShape(board, polygons, { mode, origin = null, isWhole = false }) {
  const shape = fitted(polygons, board.drawing.size, board.inL0(SMALLEST_PX) ** 2);
  if (shape.refusal) {
    board.say(REFUSALS[shape.refusal]);
    return false;
  }
  const targets = targetsOf(board, shape.polygons, mode);
  const isNew = mode === "new" || (mode === "add" && !targets.length);
  if (!isNew && !targets.length) {
    board.say(gettext("No region lies there: nothing was changed."));
    return false;
  }
  const parts = isWhole ? [shape.polygons] : shape.polygons.map((rings) => [rings]);
  const changes = isNew
    ? asNew(parts, { label: board.label, origin })
    : ACTS[mode](shape.polygons, targets);
  board.apply(changes, NAMES[mode]);
  tell(board, shape, changes);
  return true;
}

function targetsOf(board, polygons, mode) {
  if (mode === "new") return [];
  const label = mode === "add" ? board.label : null;
  return touched(board.drawing, polygons, board.selected, label);
}

function tell(board, { isCrossing, isCut }, changes) {
  const made = changes.filter(({ before }) => !before).length;
  const gone = changes.filter(({ after }) => !after).length;
  const words = [];
  if (isCrossing) words.push(crossingWords(made));
  if (isCut) words.push(gettext("It was cut at the slide’s edge."));
  if (gone === changes.length) {
    const all = ngettext("%(n)s region was removed.", "%(n)s regions were removed.", gone);
    words.push(filled(all, { n: gone }));
  }
  if (words.length) board.say(words.join(" "), { canUndo: true });
}

function crossingWords(made) {
  if (made < 2) return gettext("The outline crossed itself: it was repaired.");
  const words = gettext("The outline crossed itself: %(n)s regions were made of it.");
  return filled(words, { n: made });
}
