// Colours as tables of one number per code, so that colouring a map is one look-up per cell.
// A colour is a 32-bit number as ImageData keeps it on every present machine: alpha, blue, green,
// red from the highest byte down.

import { CLASSES } from "./classes.js";
import { NOT_ASSESSED, cut } from "./heatmap.js";
import { opacityBelow, ramp, rgb } from "./palettes.js";

const FULL = 255;

function packed([red, green, blue], alpha = FULL) {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * The colour of every map byte: clear where not assessed, faint below the threshold, full above.
 */
export function heatColours({ palette, threshold }) {
  const colours = ramp(palette);
  const bar = cut(threshold);
  const faint = Math.round(FULL * opacityBelow(palette));
  const table = new Uint32Array(256);
  for (let value = NOT_ASSESSED + 1; value < 256; value += 1) {
    const at = 3 * Math.round(((value - 1) * FULL) / 254);
    table[value] = packed(colours.subarray(at, at + 3), value >= bar ? FULL : faint);
  }
  return table;
}

/** The colour of every class, from the colours ("#rrggbb") of some; the others are clear. */
export function classColours(paints) {
  const colours = new Uint32Array(CLASSES);
  for (const [each, hex] of Object.entries(paints)) colours[each] = packed(rgb(hex));
  return colours;
}

/** Write the colour of every cell's code into 32-bit pixels. */
export function paintCodes(codes, table, pixels) {
  for (let i = 0; i < codes.length; i += 1) pixels[i] = table[codes[i]];
}
