// What a measure says: lengths in um and mm, areas in um2 and mm2, and where the pixel size is from.
// A measure: {id, kind: "length" | "area", points: [{x, y}] in level-0 px}.

import { areaOf, lengthOf, longestDiameter } from "../drawing/shapes.js";
import { filled, gettext, language } from "../words.js";

export const FEWEST = { length: 2, area: 3 };

/**
 * {length} of a ruler, {area, perimeter, diameter, ends} of an area, in um and um2; ends are the
 * two points of the longest diameter. area is null where the outline crosses itself.
 */
export function figuresOf({ kind, points }, mpp) {
  const line = points.map(({ x, y }) => [x, y]);
  if (kind === "length") return { length: lengthOf(line) * mpp };
  const widest = longestDiameter([[line]]);
  return {
    area: crossesItself(line) ? null : areaOf([[line]]) * mpp ** 2,
    perimeter: lengthOf([...line, line[0]]) * mpp,
    diameter: widest.length * mpp,
    ends: [widest.from, widest.to].map(([x, y]) => ({ x, y })),
  };
}

/** What a measure says first, short enough to stand on the slide. */
export function shortWords({ kind }, figures) {
  if (kind === "length") return lengthWords(figures.length);
  return figures.area === null ? gettext("crosses itself") : areaWords(figures.area);
}

/** Everything a measure says: [[name, value], ...]. */
export function allWords({ kind }, figures) {
  if (kind === "length") return [[gettext("Length"), bothLengths(figures.length)]];
  return [
    [gettext("Area"), bothAreas(figures.area)],
    [gettext("Perimeter"), bothLengths(figures.perimeter)],
    [gettext("Longest diameter"), bothLengths(figures.diameter)],
  ];
}

/** Where a slide's um per px comes from; null where it is unknown. */
export function sourceWords({ mpp, mppSource }) {
  if (!mpp) return null;
  return filled(gettext("1 px = %(mpp)s µm, %(source)s"), { mpp: digits(mpp, 4), source: origin(mppSource) });
}

function origin(source) {
  if (source === "given") return gettext("as an admin said");
  if (source === "openslide.mpp-x") return gettext("as the scanner wrote into the file");
  if (source === "tiff.XResolution") return gettext("from the file’s resolution tag");
  return source ? filled(gettext("from %(tag)s"), { tag: source }) : gettext("source not recorded");
}

export function lengthWords(um) {
  return um >= 1000 ? `${digits(um / 1000)} mm` : `${digits(um)} µm`;
}

export function areaWords(um2) {
  return um2 >= 1e4 ? `${digits(um2 / 1e6)} mm²` : `${digits(um2)} µm²`;
}

function bothLengths(um) {
  return `${digits(um, 4)}\u00a0µm · ${digits(um / 1000, 4)}\u00a0mm`;
}

function bothAreas(um2) {
  if (um2 === null) return gettext("none: the outline crosses itself");
  return `${digits(um2, 4)}\u00a0µm² · ${digits(um2 / 1e6, 4)}\u00a0mm²`;
}

/** A figure with so many digits that count, whole above that. */
function digits(value, count = 3) {
  const whole = Math.abs(value) >= 10 ** count;
  const look = whole ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: count };
  return value.toLocaleString(language(), look);
}

/** Whether two edges of a ring that do not touch meet all the same. */
export function crossesItself(ring) {
  const count = ring.length;
  for (let i = 0; i < count; i += 1) {
    for (let j = i + 2; j < count; j += 1) {
      if (i === 0 && j === count - 1) continue; // they share the ring's first corner
      if (cross(ring[i], ring[i + 1], ring[j], ring[(j + 1) % count])) return true;
    }
  }
  return false;
}

function cross(a, b, c, d) {
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

function side([ax, ay], [bx, by], [px, py]) {
  return Math.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax));
}
