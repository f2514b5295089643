// Corrections of regions that are there: vertices, places, unions, fewer vertices, removal.

import { filled, gettext, ngettext } from "../words.js";
import { simplified, united } from "./arithmetic.js";
import { fitted, reshaped } from "./combine.js";
import { changed } from "./features.js";
import { describe } from "./labels.js";
import { areaOf, boundsOf, vertexCount } from "./shapes.js";
import { cornerAfter, placeOf, shifted, withAdded, withMoved, withRemoved } from "./vertices.js";

const GRAIN = 8; // parts of a px that coordinates are kept in
const ASIDE_PX = 4;

/** Move a vertex, or put in a new one before it. place: [x, y]. */
export function changeCorner(board, region, corner, { place, isNew }) {
  const change = isNew ? withAdded : withMoved;
  const name = isNew ? gettext("Add a vertex") : gettext("Move a vertex");
  reshape(board, region, change(region.polygons, corner, place.map(grained)), name);
  const is = ([x, y]) => x === grained(place[0]) && y === grained(place[1]);
  selectCorner(board, is);
}

export function removeCorner(board, region, corner) {
  const polygons = withRemoved(region.polygons, corner);
  if (polygons.length) reshape(board, region, polygons, gettext("Remove a vertex"));
  else removeSelected(board);
}

/** Put in a vertex halfway to the one after the corner, a little beside the edge: on it, it would
 * be none. */
export function halveEdge(board) {
  const { onlyRegion, corner } = board;
  const ring = onlyRegion.polygons[corner.polygon][corner.ring];
  const [from, to] = [ring[corner.vertex], ring[(corner.vertex + 1) % ring.length]];
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const aside = Math.max(board.inL0(ASIDE_PX), 1 / GRAIN) / Math.hypot(dx, dy);
  const place = [(from[0] + to[0]) / 2 + dy * aside, (from[1] + to[1]) / 2 - dx * aside];
  const next = { ...corner, vertex: corner.vertex + 1 };
  changeCorner(board, onlyRegion, next, { place, isNew: true });
}

/** Go to the vertex so many places on, and into the middle of the view if it is out of sight. */
export function stepCorner(board, places) {
  const { onlyRegion, viewer } = board;
  if (!onlyRegion) {
    board.say(gettext("Choose one region first: its vertices come one by one."));
    return;
  }
  const corner = cornerAfter(onlyRegion.polygons, board.corner, places);
  board.set({ corner });
  const [x, y] = placeOf(onlyRegion.polygons, corner);
  const seen = viewer.toScreen({ x, y });
  const isSeen = seen.x > 0 && seen.y > 0 && seen.x < viewer.clientWidth && seen.y < viewer.clientHeight;
  if (!isSeen) viewer.show({ ...viewer.view, x, y });
}

/** Move the vertex in hand by a step on the screen. */
export function nudgeCorner(board, rightPx, downPx) {
  const { onlyRegion, corner, viewer } = board;
  const [x, y] = placeOf(onlyRegion.polygons, corner);
  const seen = viewer.toScreen({ x, y });
  const moved = viewer.toLevel0({ x: seen.x + rightPx, y: seen.y + downPx });
  changeCorner(board, onlyRegion, corner, { place: [moved.x, moved.y], isNew: false });
}

/** Move what is chosen; what would leave the slide stays. */
export function shiftRegion(board, dx, dy) {
  const [right, down] = [grained(dx), grained(dy)];
  const { width, height } = board.drawing.size;
  const changes = [];
  for (const before of board.selectedRegions) {
    const after = moved(before, right, down);
    const box = boundsOf(after.point ? [[[after.point]]] : after.polygons);
    const isInside = box.minX >= 0 && box.minY >= 0 && box.maxX <= width && box.maxY <= height;
    if (isInside) changes.push({ id: before.id, before, after });
  }
  if (changes.length < board.selectedRegions.length) {
    board.say(gettext("It would leave the slide: it was not moved."));
  }
  if (changes.length) board.apply(changes, gettext("Move"));
}

function moved(region, dx, dy) {
  const { point } = region;
  if (point) return changed(region, { point: [point[0] + dx, point[1] + dy] });
  return changed(region, { polygons: shifted(region.polygons, dx, dy) });
}

/**
 * The label of what is drawn next. With the tool for correcting in hand, what is chosen takes it
 * too; with another tool it does not: the region that was just drawn is chosen by itself.
 */
export function setLabel(board, label) {
  board.set({ label });
  if (board.tool?.name !== "select") return;
  const { name } = describe(label);
  const changes = board.selectedRegions
    .filter((region) => region.label !== label)
    .map((before) => ({ id: before.id, before, after: changed(before, { label }) }));
  if (!changes.length) return;
  board.apply(changes, gettext("Label"));
  const words = ngettext("%(n)s region is %(label)s now.", "%(n)s regions are %(label)s now.", changes.length);
  board.say(filled(words, { n: changes.length, label: name }), { canUndo: true });
}

/** Make one region of those that are chosen; the largest gives its label and name. */
export function uniteSelected(board) {
  const regions = board.selectedRegions.filter(({ point }) => !point);
  if (regions.length < 2) {
    board.say(gettext("Choose two regions or more first: Shift and click adds one."));
    return;
  }
  const [first, ...others] = regions.sort((a, b) => areaOf(b.polygons) - areaOf(a.polygons));
  const polygons = united(regions.map((region) => region.polygons));
  board.apply(
    [reshaped(first, polygons), ...others.map((before) => ({ id: before.id, before, after: null }))],
    gettext("Unite"),
  );
  board.say(filled(gettext("%(n)s regions became one."), { n: regions.length }), { canUndo: true });
}

/** The chosen regions with fewer vertices: {changes, before, after: counts of vertices}. */
export function simplification(board, tolerancePx) {
  const regions = board.selectedRegions.filter(({ point }) => !point);
  const changes = regions.map((before) => {
    const polygons = simplified(before.polygons, tolerancePx);
    return reshaped(before, polygons.length ? polygons : before.polygons);
  });
  const count = (side) => changes.reduce((sum, each) => sum + vertexCount(each[side].polygons), 0);
  return { changes, before: count("before"), after: count("after") };
}

export function removeSelected(board) {
  const changes = board.selectedRegions.map((before) => ({ id: before.id, before, after: null }));
  if (!changes.length) return;
  board.apply(changes, gettext("Delete"));
  const words = ngettext("%(n)s region deleted.", "%(n)s regions deleted.", changes.length);
  board.say(filled(words, { n: changes.length }), { canUndo: true });
}

/** Give a region other polygons, made valid and kept within the slide. */
function reshape(board, region, polygons, name) {
  const shape = fitted(polygons, board.drawing.size, 1);
  if (shape.refusal) {
    board.say(gettext("Nothing would be left of it: it stays as it was."));
    return;
  }
  board.apply([reshaped(region, shape.polygons)], name);
  if (shape.isCrossing) board.say(gettext("The outline crossed itself: it was repaired."), { canUndo: true });
  else if (shape.isCut) board.say(gettext("It was cut at the slide’s edge."), { canUndo: true });
}

/** Take the vertex at a place in hand: repair may have given it another index. */
function selectCorner(board, isPlace) {
  const { onlyRegion } = board;
  if (!onlyRegion) return;
  for (const [polygon, rings] of onlyRegion.polygons.entries()) {
    for (const [ring, points] of rings.entries()) {
      const vertex = points.findIndex(isPlace);
      if (vertex >= 0) {
        board.set({ corner: { polygon, ring, vertex } });
        return;
      }
    }
  }
}

function grained(value) {
  return Math.round(value * GRAIN) / GRAIN;
}
