// Figures on the panel: counts, areas and shares at the present thresholds, of the true cells.

import { areaLabel } from "../viewer/geometry.js";
import { decimals, filled, gettext, language, wholeNumber } from "../words.js";
import { setText } from "./layer-controls.js";

const NOTHING = "–";
const SHARES = ["recall", "precision", "specificity", "dice", "iou"];
const OF_TRUTH = ["tp", "fp", "fn", "tn", "missed"];
const OF_PAIR = ["both", "aOnly", "bOnly", "lone"];

/** Show a pane's figures; a figure that does not exist is a dash. */
export function showFigures(root, pane) {
  const given = pane.figures ?? {};
  for (const name of ["called", "assessed", ...OF_TRUTH]) setText(root, name, whole(given[name]));
  setText(root, "area", area(given.called, given.cellUm2));
  for (const name of OF_TRUTH) setText(root, `${name}-area`, area(given[name], given.cellUm2));
  for (const name of SHARES) setText(root, name, decimals(given[name]));
  showPair(root, pane, given.pair ?? {});
}

function showPair(root, { prediction, otherPrediction, pair }, figures) {
  for (const part of root.querySelectorAll("[data-of-pair]")) part.hidden = !otherPrediction;
  for (const name of OF_PAIR) {
    setText(root, name, whole(figures[name]));
    setText(root, `${name}-area`, area(figures[name], figures.cellUm2));
  }
  setText(root, "version-a", prediction?.version ?? "");
  setText(root, "version-b", otherPrediction?.version ?? "");
  setText(root, "pair-grid", pair ? gridWords(pair, prediction, otherPrediction) : "");
}

/** On which cells two versions are compared. */
function gridWords({ laid, grid }, prediction, otherPrediction) {
  if (!laid) return gettext("Both versions read the same cells.");
  const coarse = laid === "a" ? prediction : otherPrediction;
  return filled(
    gettext("Compared on the finer cells (%(fine)s px). A cell takes the value of the cell of %(version)s (%(coarse)s px) that holds its centre."),
    { fine: Math.round(grid.sideL0), coarse: Math.round(coarse.sideL0), version: coarse.version },
  );
}

function whole(count) {
  return count === undefined ? NOTHING : wholeNumber(count);
}

function area(cells, cellUm2) {
  return cellUm2 && cells !== undefined ? areaLabel(cells * cellUm2, language()) : NOTHING;
}
