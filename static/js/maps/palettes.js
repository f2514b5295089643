// Colour ramps that survive colour blindness and a grey print: lightness rises with probability,
// or falls: "print" is grey, and dark where the probability is high. Nine anchors each of the
// others, from matplotlib's published tables (CC0).

const ANCHORS = {
  viridis: ["440154", "472d7b", "3b528b", "2c728e", "21918c", "28ae80", "5ec962", "addc30", "fde725"],
  inferno: ["000004", "1f0c48", "550f6d", "88226a", "ba3655", "e35933", "f98e09", "f9cb35", "fcffa4"],
  cividis: ["00224e", "123570", "3b496c", "575d6d", "707173", "8a8779", "a69d75", "c4b56c", "fee838"],
  print: ["f4f4f4", "101010"],
};
const CALLED = "0072b2";

export const RAMPS = Object.keys(ANCHORS);

/** "mask" shows no probability: one colour where the version calls tumour. */
export const PALETTES = [...RAMPS, "mask"];

/** 256 colours of a ramp as a Uint8Array of r, g, b; index 0 is probability 0. */
export function ramp(name) {
  const anchors = (name === "mask" ? [CALLED, CALLED] : (ANCHORS[name] ?? ANCHORS.viridis)).map(rgb);
  const colours = new Uint8Array(256 * 3);
  for (let step = 0; step < 256; step += 1) {
    colours.set(between(anchors, step / 255), step * 3);
  }
  return colours;
}

/** How opaque cells below the threshold are: the eye sees the call first and the ramp second. */
export function opacityBelow(name) {
  return name === "mask" ? 0 : 0.22;
}

/** Red, green and blue of "#rrggbb" or "rrggbb". */
export function rgb(hex) {
  const digits = hex.replace("#", "");
  return [0, 2, 4].map((start) => Number.parseInt(digits.slice(start, start + 2), 16));
}

function between(anchors, share) {
  const place = share * (anchors.length - 1);
  const below = Math.min(Math.floor(place), anchors.length - 2);
  return anchors[below].map((value, channel) =>
    Math.round(value + (anchors[below + 1][channel] - value) * (place - below)),
  );
}
