// What each label is painted with: its colour, dashes, markers and, filled, its pattern. Labels
// differ in all of them, so that no one has to tell colours apart.

import { LABELS } from "./labels.js";
import { marksOf } from "./region-marks.js";

const TILE_PX = 10;
const PATTERN_ALPHA = 0.8;

// The lines of a tile, in its own units; none for tumour, whose fill stays plain.
const PATTERNS = {
  tumour: [],
  normal: [[0, 1, 1, 0], [-0.5, 0.5, 0.5, -0.5], [0.5, 1.5, 1.5, 0.5]],
  artefact: [[0, 1, 1, 0], [0, 0, 1, 1]],
  ignore: [[0, 0.5, 0.45, 0.5]],
};

/**
 * The dress at a ratio of device px to screen px; the one given, if it fits.
 * Gives {ratio, focus: colour of a selection, get(label): {colour, dash, marks, pattern}}, where
 * pattern(context, map) is a fill that stays still on the screen under a map.
 */
export function dressFor(ratio, given) {
  if (given?.ratio === ratio) return given;
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const dresses = new Map(
    LABELS.map(({ label, colour, dash, mark }) => {
      const paint = token(colour);
      const tile = tileOf(PATTERNS[label], paint, ratio);
      return [label, { colour: paint, dash, marks: marksOf(mark, paint, ratio), pattern: fillOf(tile) }];
    }),
  );
  return { ratio, focus: token("--region-selected"), get: (label) => dresses.get(label) };
}

function fillOf(tile) {
  return (context, { a, b, c, d, e, f }) => {
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix([a, b, c, d, e, f]).inverse());
    return pattern;
  };
}

function tileOf(lines, colour, ratio) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE_PX * ratio);
  const context = tile.getContext("2d");
  context.scale(tile.width, tile.height);
  context.globalAlpha = PATTERN_ALPHA;
  context.strokeStyle = colour;
  context.lineWidth = 1.4 / TILE_PX;
  context.beginPath();
  for (const [ax, ay, bx, by] of lines) {
    context.moveTo(ax, ay);
    context.lineTo(bx, by);
  }
  context.stroke();
  return tile;
}
