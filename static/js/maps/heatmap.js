// Numbers of a probability map to colours and classes. No page, no canvas: tested by node.
// A map byte is 0 where the cell was not assessed, else 1 + 254 p.

import { roundHalfEven } from "../viewer/geometry.js";

// A truth byte is 255 where people said to ignore the cell, else 254 times its share of tumour.

export const NOT_ASSESSED = 0;
export const IGNORED = 255;
export const CLASS = { NONE: 0, TP: 1, FP: 2, FN: 3, TN: 4 };

const FULL = 255;
const SHARES = 254;

/** The probability of a map byte; null where the cell was not assessed. */
export function probability(byte) {
  return byte === NOT_ASSESSED ? null : (byte - 1) / 254;
}

/**
 * The least map byte that counts as tumour at a threshold in [0, 1]. The server puts no byte on the
 * wrong side of it at the version's own threshold, so that the same cells are called here as there.
 */
export function cut(threshold) {
  return Math.max(1 + roundHalfEven(254 * threshold), threshold > 0 ? 2 : 1);
}

/** The least truth byte above a tumour bar in [0, 1): the server keeps other shares below it. */
export function truthCut(tumourBar) {
  return Math.floor(tumourBar * SHARES + 1e-6) + 1;
}

/** The share of tumour of a truth byte; null where the cell is to be ignored. */
export function tumourShare(byte) {
  return byte === IGNORED ? null : byte / SHARES;
}

/** First channel of RGBA pixels: what the server put into a grey PNG. */
export function firstChannel(rgba) {
  const bytes = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = rgba[4 * i];
  return bytes;
}

/**
 * Colour a map into RGBA pixels. Cells below the threshold are faint, so that the eye sees the
 * call first and the ramp second; cells not assessed stay clear.
 * style: {colours: ramp, threshold, below: opacity 0..1 of cells below the threshold}
 */
export function colour(values, style, rgba) {
  const bar = cut(style.threshold);
  const faint = Math.round(FULL * style.below);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    const at = 3 * (value === 0 ? 0 : Math.round(((value - 1) * FULL) / 254));
    rgba[4 * i] = style.colours[at];
    rgba[4 * i + 1] = style.colours[at + 1];
    rgba[4 * i + 2] = style.colours[at + 2];
    rgba[4 * i + 3] = value === NOT_ASSESSED ? 0 : value >= bar ? FULL : faint;
  }
  return rgba;
}

/** The class of every cell: prediction at a threshold against truth above a bar. */
export function agreement(values, truth, { threshold, tumourBar = 0 }) {
  const bar = cut(threshold);
  const truthBar = truthCut(tumourBar);
  const classes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] === NOT_ASSESSED || truth[i] === IGNORED) continue;
    const called = values[i] >= bar;
    const tumour = truth[i] >= truthBar;
    if (called) classes[i] = tumour ? CLASS.TP : CLASS.FP;
    else classes[i] = tumour ? CLASS.FN : CLASS.TN;
  }
  return classes;
}

/** An alpha mask (RGBA pixels, black) of the cells for which test(value) holds. */
export function alphaMask(values, test, rgba) {
  for (let i = 0; i < values.length; i += 1) rgba[4 * i + 3] = test(values[i]) ? FULL : 0;
  return rgba;
}

/**
 * The border between cells inside and outside a region, as runs along the grid lines.
 * inside(index) tells whether a cell belongs to it. Gives [x0, y0, x1, y1] in grid units.
 */
export function outline(grid, inside) {
  return [...borders(grid, inside, false), ...borders(grid, inside, true)];
}

function borders({ columns, rows }, inside, isVertical) {
  const lines = isVertical ? columns : rows;
  const along = isVertical ? rows : columns;
  const at = (line, place) => {
    if (line < 0 || line >= lines) return false;
    return inside(isVertical ? place * columns + line : line * columns + place);
  };
  const runs = [];
  for (let line = 0; line <= lines; line += 1) {
    for (const [start, end] of runsAlong(along, (i) => at(line - 1, i) !== at(line, i))) {
      runs.push(isVertical ? [line, start, line, end] : [start, line, end, line]);
    }
  }
  return runs;
}

function runsAlong(length, holds) {
  const runs = [];
  let start = -1;
  for (let i = 0; i <= length; i += 1) {
    const is = i < length && holds(i);
    if (is && start < 0) start = i;
    if (!is && start >= 0) {
      runs.push([start, i]);
      start = -1;
    }
  }
  return runs;
}
