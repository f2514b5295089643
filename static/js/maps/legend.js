// What the layers that are shown mean, for legends outside of the panel: the saved picture.

import { AGREEMENT_LOOKS, VERSION_LOOKS } from "./layer-looks.js";
import { decimals, filled, gettext } from "../words.js";
import { ramp } from "./palettes.js";

/**
 * The lines of a pane's legend: [{words, colour, pattern, dash, isOutline, ramp}].
 * colour: "#rrggbb" or null. pattern: a name of `patternTiles`, or null. dash: "solid", "dashed" or
 * "dotted", for outlines. ramp: 256 colours as r, g, b bytes for probabilities 0 to 1, or null.
 * A line without any swatch says how the cells are displayed.
 */
export function legendOf(pane) {
  const { layers } = pane.shown;
  const lines = [];
  if (layers.truth) lines.push(line(pane, "truth", { words: gettext("True mask"), colour: "truth" }));
  if (pane.picture) lines.push(...ofCells(pane));
  if (layers.tissue) lines.push(line(pane, "tissue", { words: gettext("Tissue"), colour: "tissue" }));
  return lines;
}

function ofCells(pane) {
  const { layers, threshold } = pane.shown;
  const lines = [];
  if (layers.probability) lines.push(probabilityLine(pane, threshold));
  if (layers.agreement && pane.picture.truth) {
    lines.push(...AGREEMENT_LOOKS.map((look) => line(pane, "agreement", look)));
  }
  if (layers.versions && pane.pair) lines.push(...VERSION_LOOKS.map((look) => line(pane, "versions", look)));
  if (!lines.length) return lines;
  if (layers.unassessed) {
    lines.push(line(pane, "unassessed", { words: gettext("Not assessed"), colour: null, pattern: "unassessed" }));
  }
  return [...lines, { ...PLAIN, words: `${formWords(pane.shown.form)}; ${gettext("counted on true cells")}` }];
}

const PLAIN = { colour: null, pattern: null, dash: "solid", isOutline: false, ramp: null };

function probabilityLine(pane, threshold) {
  const isOutline = pane.shown.styles.probability === "outline";
  const words = isOutline
    ? filled(gettext("Called at %(t)s and above"), { t: decimals(threshold) })
    : gettext("Predicted probability, 0 to 1");
  const look = isOutline ? { colour: "#10131f" } : { ramp: ramp(pane.shown.palette) };
  return { ...PLAIN, ...look, words, isOutline };
}

function line(pane, layer, { words, colour, pattern = null, dash = "solid" }) {
  const isOutline = pane.shown.styles[layer] === "outline";
  const names = { a: pane.prediction?.version, b: pane.otherPrediction?.version };
  return {
    ...PLAIN,
    words: filled(words, names),
    colour: colour && pane.colours[colour],
    pattern: isOutline ? null : pattern,
    dash,
    isOutline,
  };
}

/** How cells are displayed; counts never follow the display. */
export function formWords(form) {
  return form === "smoothed" ? gettext("Smoothed for display") : gettext("True cells");
}
