// Union, difference and the like of polygons, by Clipper2 on whole numbers of 1/8 px.
//
// Polygons are lists of polygons, each a list of open rings of [x, y] in level-0 px, outer ring
// first. What comes out is valid: no ring crosses or touches itself, outer rings and holes run in
// opposite senses, and no part or hole is smaller than 1 px squared.

import {
  Clipper64,
  ClipperOffset,
  ClipType,
  EndType,
  FillRule,
  JoinType,
  PathType,
  PolyTree64,
  ramerDouglasPeucker,
} from "../../vendor/clipper2-ts-2.0.1/index.js";
import { edgesOf, noded, piecesAlong } from "./noding.js";
import { loopsOf, polygonsOf } from "./rings.js";
import { areaOf, signedArea } from "./shapes.js";

export { areaOf, perimeterOf } from "./shapes.js";

const STEPS_PER_PX = 8;
const LEAST_AREA = STEPS_PER_PX ** 2;
// A brush dab is a polygon this near to its circle, as a share of the radius.
const ROUNDNESS = 1 / 200;

/** All of these polygons as one. polygonsList: a list of polygons as above. */
export function united(polygonsList) {
  return combined(ClipType.Union, polygonsList.flatMap(pathsOf), []);
}

/** What of a is not in b. */
export function difference(a, b) {
  return combined(ClipType.Difference, pathsOf(a), pathsOf(b));
}

/** What is in a and in b. */
export function intersection(a, b) {
  return combined(ClipType.Intersection, pathsOf(a), pathsOf(b));
}

/** What of polygons lies on a slide of {width, height}. */
export function clippedTo(polygons, { width, height }) {
  return intersection(polygons, [[[[0, 0], [width, 0], [width, height], [0, height]]]]);
}

/**
 * Valid polygons out of any: an outer ring that crosses itself encloses all that it goes round,
 * what its holes go round is taken out, overlapping polygons become one. May be empty.
 */
export function repaired(polygons) {
  const parts = polygons.map(([outer, ...holes]) => {
    const filled = combined(ClipType.Union, pathsOf([[outer]]), []);
    return holes.length ? difference(filled, united(holes.map((hole) => [[hole]]))) : filled;
  });
  return parts.length === 1 ? parts[0] : united(parts);
}

/** What a round brush of a radius in px covers along a line of [x, y]; one point is a dab. */
export function stroke(line, radius) {
  const steps = radius * STEPS_PER_PX;
  const offset = new ClipperOffset(2, Math.max(0.5, steps * ROUNDNESS));
  const path = line.length > 2 ? ramerDouglasPeucker(pathOf(line), steps * ROUNDNESS) : pathOf(line);
  offset.addPath(path, JoinType.Round, EndType.Round);
  const tree = new PolyTree64();
  offset.execute(steps, tree);
  return settled(tree);
}

/**
 * The pieces that a line of [x, y] cuts polygons into, each as polygons, the largest first;
 * together they are what was cut. Parts that the line leaves whole stay with the largest piece.
 * A line that cuts nothing off gives one piece, what it was.
 */
export function splitBy(polygons, line) {
  const knife = line.map(toSteps);
  const parts = combined(ClipType.Union, pathsOf(polygons), []).map((rings) => {
    const pieces = piecesAlong([rings.map((ring) => ring.map(toSteps))], knife);
    return polished(pieces);
  });
  const [first = [], ...others] = parts
    .filter((pieces) => pieces.length > 1)
    .flat()
    .map((piece) => [piece])
    .sort((a, b) => areaOf(b) - areaOf(a));
  return [[...first, ...parts.filter((pieces) => pieces.length === 1).flat()], ...others];
}

/**
 * Fewer vertices, none of those left out farther than tolerancePx from the new outline
 * (Douglas and Peucker 1973), and valid again.
 */
export function simplified(polygons, tolerancePx) {
  const epsilon = tolerancePx * STEPS_PER_PX;
  const paths = pathsOf(polygons).map((path) => ramerDouglasPeucker(path, epsilon));
  return combined(ClipType.Union, paths.filter((path) => path.length > 2), []);
}

function combined(kind, subject, clip) {
  return settled(clipped(kind, subject, clip));
}

/** The tree of what Clipper makes of paths. */
function clipped(kind, subject, clip) {
  const clipper = new Clipper64();
  clipper.preserveCollinear = false;
  if (subject.length) clipper.addPaths(subject, PathType.Subject);
  if (clip.length) clipper.addPaths(clip, PathType.Clip);
  const tree = new PolyTree64();
  clipper.execute(kind, FillRule.NonZero, tree);
  return tree;
}

/**
 * Valid polygons out of Clipper's tree. Clipper rounds to whole steps, which may make rings touch or
 * cross; then they are split where they meet, and what overlaps by a hair is united once more.
 */
function settled(tree) {
  const polygons = gathered(tree);
  const edges = edgesOf(polygons);
  const apart = noded(edges);
  if (apart === edges) return polished(polygons);
  const paths = loopsOf(apart).map((loop) => loop.map(([x, y]) => ({ x, y })));
  const again = gathered(clipped(ClipType.Union, paths, []));
  return polished(polygonsOf(noded(edgesOf(again))));
}

/** The polygons of a tree of outer rings, their holes, the outer rings within these, and so on. */
function gathered(node, polygons = []) {
  for (const outer of node.children) {
    polygons.push([outer, ...outer.children].map(({ poly }) => poly.map(({ x, y }) => [x, y])));
    for (const hole of outer.children) gathered(hole, polygons);
  }
  return polygons;
}

/** From steps to px, and without slivers. */
function polished(polygons) {
  const isBig = (ring) => Math.abs(signedArea(ring)) >= LEAST_AREA;
  return polygons
    .filter(([outer]) => isBig(outer))
    .map((rings) => rings.filter(isBig).map((ring) => ring.map(toPx)));
}

function pathsOf(polygons) {
  return polygons.flatMap((rings) =>
    rings.map((ring, i) => (signedArea(ring) >= 0 === (i === 0) ? pathOf(ring) : pathOf(ring).reverse())),
  );
}

function pathOf(line) {
  return line.map(([x, y]) => ({ x: steps(x), y: steps(y) }));
}

function toSteps([x, y]) {
  return [steps(x), steps(y)];
}

function steps(px) {
  return Math.round(px * STEPS_PER_PX) + 0; // never -0
}

function toPx([x, y]) {
  return [x / STEPS_PER_PX, y / STEPS_PER_PX];
}
