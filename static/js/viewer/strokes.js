// Lines over tissue that keep their width on the screen and show on any stain.

import { scaleOf, scaled } from "./geometry.js";

const PALE = "rgb(255 255 255 / 85%)";
const DASH_PX = { solid: [], dashed: [8, 5], dotted: [2, 4] };

export function setTransform(context, { a, b, c, d, e, f }) {
  context.setTransform(a, b, c, d, e, f);
}

/** A map to screen px becomes one to the px of the device. */
export function toDevice(map, ratio) {
  return { ...scaled(map, ratio), e: map.e * ratio, f: map.f * ratio };
}

/** A map of units that are not square. */
export function stretched({ a, b, c, d, e, f }, { x, y }) {
  return { a: a * x, b: b * x, c: c * y, d: d * y, e, f };
}

/**
 * A thin line in a pale casing, its width and dashes in screen px. map: from the path's units to
 * device px; ratio: device px per screen px.
 */
export function strokeCased(context, map, path, colour, { ratio, width = 1.6, dash = "solid" }) {
  setTransform(context, map);
  const px = ratio / scaleOf(map);
  context.lineJoin = "round";
  for (const [paint, line, dashes] of [[PALE, width + 2, "solid"], [colour, width, dash]]) {
    context.setLineDash(DASH_PX[dashes].map((length) => length * px));
    context.strokeStyle = paint;
    context.lineWidth = line * px;
    context.stroke(path);
  }
  context.setLineDash([]);
}
