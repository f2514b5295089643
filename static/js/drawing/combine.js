// What a new area does to the drawing: it makes a region, is added to one, or cuts some.
// Pure: gives the changes, the document applies them.

import { clippedTo, difference, intersection, repaired, united } from "./arithmetic.js";
import { changed, makeRegion } from "./features.js";
import { areaOf, boundsOf } from "./shapes.js";

export const MODES = ["new", "add", "subtract", "intersect"];

const CROSSING_SHARE = 0.01;
const ROUNDING_SHARE = 1e-4;

/** The mode that held keys ask for, else the one that is switched on. */
export function modeOf(event, mode) {
  if (event?.altKey) return event.ctrlKey || event.metaKey ? "intersect" : "subtract";
  return event?.shiftKey ? "add" : mode;
}

/**
 * Polygons as they may be stored: without crossings, within the slide.
 * size: {width, height} of the slide; smallestPx2: below it nothing was drawn, in level-0 px2.
 * Gives {polygons, isCrossing, isCut}, or {refusal: "outside" | "small"}.
 */
export function fitted(polygons, size, smallestPx2) {
  const whole = repaired(polygons);
  const area = areaOf(whole);
  if (area < smallestPx2) return { refusal: "small" };
  const inside = clippedTo(whole, size);
  if (!inside.length) return { refusal: "outside" };
  return {
    polygons: inside,
    isCrossing: Math.abs(area - areaOf(polygons)) > CROSSING_SHARE * area,
    isCut: areaOf(inside) < area * (1 - ROUNDING_SHARE),
  };
}

/** Regions of their own; parts: lists of polygons, one region each. */
export function asNew(parts, { label, origin = null }) {
  return parts.map((polygons) => {
    const after = makeRegion({ label, polygons, origin });
    return { id: after.id, before: null, after };
  });
}

/**
 * The regions that an area acts on: the chosen ones that it touches, else all that it touches.
 * label: of the latter only these; null for any.
 */
export function touched(drawing, polygons, chosen, label = null) {
  const near = drawing
    .idsIn(boundsOf(polygons))
    .map((id) => drawing.get(id))
    .filter((region) => !region.point && intersection(region.polygons, polygons).length > 0);
  const first = near.filter(({ id }) => chosen.has(id));
  if (first.length) return first;
  return near.filter((region) => label === null || region.label === label);
}

/** The targets and the area as one region; the first keeps its id, the others are gone. */
export function asAdded(polygons, targets) {
  const [first, ...others] = targets;
  const all = united([...targets.map((region) => region.polygons), polygons]);
  return [
    { id: first.id, before: first, after: changed(first, { polygons: all }) },
    ...others.map((before) => ({ id: before.id, before, after: null })),
  ];
}

/** The targets without the area; what is wholly covered is gone. */
export function asSubtracted(polygons, targets) {
  return targets.map((before) => reshaped(before, difference(before.polygons, polygons)));
}

/** The targets as far as the area covers them. */
export function asIntersected(polygons, targets) {
  return targets.map((before) => reshaped(before, intersection(before.polygons, polygons)));
}

/** A region with other polygons, gone if there are none. */
export function reshaped(before, polygons) {
  const after = polygons.length ? changed(before, { polygons }) : null;
  return { id: before.id, before, after };
}
