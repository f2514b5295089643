// "Take this lesion as mine and correct it": what a model called becomes a region of the reader's,
// with a note of where it came from.

import { gettext } from "../words.js";
import { cut, NOT_ASSESSED } from "../maps/heatmap.js";
import { cellAt, cellIndex } from "../viewer/geometry.js";
import { asNew } from "./combine.js";
import { lesionAt } from "./wand.js";

/** What a region taken from the pane's prediction says of its origin. */
export function originOf({ reader, form }) {
  const { prediction, state } = reader.pane;
  return { prediction: prediction.id, version: prediction.version, threshold: state.threshold, form };
}

/** Take the lesion under a level-0 point, else the finding that N last went to. */
export function takeLesion(board, point) {
  const { pane } = board.reader;
  if (!pane.picture) {
    board.say(gettext("No model has read this slide: there is no lesion to take."));
    return;
  }
  const cell = calledCell(pane, point) ?? cellOfFinding(pane);
  if (!cell) {
    board.say(gettext("No lesion lies there: point at one, or go to one with N."));
    return;
  }
  const polygons = lesionAt(pane.prediction, calledIn(pane), cell, board.form, board.drawing.size);
  const changes = asNew([polygons], { label: "tumour", origin: originOf(board) });
  board.apply(changes, gettext("Take a lesion"));
  board.say(gettext("The lesion is yours now: correct it by its vertices or with the brush."), {
    canUndo: true,
  });
}

function calledIn({ picture, state }) {
  const bar = cut(state.threshold);
  return (index) => picture.values[index] !== NOT_ASSESSED && picture.values[index] >= bar;
}

function calledCell(pane, point) {
  const cell = point ? cellAt(point, pane.prediction) : null;
  return cell && calledIn(pane)(cellIndex(cell, pane.prediction)) ? cell : null;
}

/** A called cell of the finding that is shown; null where none is. */
function cellOfFinding(pane) {
  const finding = pane.findings[pane.shownFinding];
  if (!finding) return null;
  for (let row = finding.y; row < finding.y + finding.height; row += 1) {
    for (let column = finding.x; column < finding.x + finding.width; column += 1) {
      const cell = { row, column };
      if (calledIn(pane)(cellIndex(cell, pane.prediction))) return cell;
    }
  }
  return null;
}
