// What the bytes of a map and of a truth mean. No page, no canvas: tested by node.
// A map byte is 0 where the cell was not assessed, else 1 + 254 p.
// A truth byte is 255 where people said to ignore the cell, else 254 times its share of tumour.

import { roundHalfEven } from "../viewer/geometry.js";

export const NOT_ASSESSED = 0;
export const IGNORED = 255;

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
