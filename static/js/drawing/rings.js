// Polygons out of directed edges. Edges are [ax, ay, bx, by] in whole numbers, the inside on their
// left (seen with y upwards), and meet at their ends only. What comes out is valid in the sense of
// OGC simple features: rings never touch themselves, holes lie in their outer ring.

import { signedArea } from "./shapes.js";

const HALF_RANGE = 2 ** 25;

/** One number for a point of whole coordinates within +-33 million. */
export function keyOf(x, y) {
  return (x + HALF_RANGE) * 2 * HALF_RANGE + (y + HALF_RANGE);
}

/** The polygons that directed edges enclose: [[outer, ...holes], ...], open rings of [x, y]. */
export function polygonsOf(edges) {
  return nested(loopsOf(edges).flatMap(partedAtTouches).map(withoutStraights));
}

/**
 * Closed walks along the edges, each edge once. Where walks meet, each keeps to its inside, so that
 * parts which touch in a point come out apart.
 */
export function loopsOf(edges) {
  const leaving = new Map();
  edges.forEach(([ax, ay], edge) => {
    const key = keyOf(ax, ay);
    if (!leaving.has(key)) leaving.set(key, []);
    leaving.get(key).push(edge);
  });
  const isUsed = new Uint8Array(edges.length);
  const loops = [];
  for (let first = 0; first < edges.length; first += 1) {
    if (!isUsed[first]) loops.push(loopFrom(first, edges, leaving, isUsed));
  }
  return loops.filter((loop) => loop.length > 2);
}

function loopFrom(first, edges, leaving, isUsed) {
  const loop = [];
  let edge = first;
  while (edge !== undefined && !isUsed[edge]) {
    isUsed[edge] = 1;
    const [ax, ay, bx, by] = edges[edge];
    loop.push([ax, ay]);
    const onward = (leaving.get(keyOf(bx, by)) ?? []).filter((next) => !isUsed[next]);
    edge = onward.length > 1 ? leftmost(edges[edge], onward, edges) : onward[0];
  }
  return loop;
}

/** Of the edges that leave, the first one clockwise from the way back. */
function leftmost([ax, ay, bx, by], onward, edges) {
  const back = Math.atan2(ay - by, ax - bx);
  const turnOf = (edge) => {
    const [cx, cy, dx, dy] = edges[edge];
    const turn = back - Math.atan2(dy - cy, dx - cx);
    return turn > 0 ? turn : turn + 2 * Math.PI;
  };
  return onward.reduce((best, edge) => (turnOf(edge) < turnOf(best) ? edge : best));
}

/** A loop that passes a point twice becomes two loops that touch there. */
function partedAtTouches(loop) {
  const parts = [];
  const way = [];
  const placeOf = new Map();
  for (const point of loop) {
    const key = keyOf(point[0], point[1]);
    const place = placeOf.get(key);
    if (place !== undefined) {
      const part = way.splice(place);
      for (const [x, y] of part) placeOf.delete(keyOf(x, y));
      parts.push(part);
    }
    placeOf.set(key, way.length);
    way.push(point);
  }
  parts.push(way);
  return parts.filter((part) => part.length > 2);
}

/** The ring without vertices in the middle of a straight line. */
function withoutStraights(ring) {
  const { length } = ring;
  return ring.filter(([x, y], i) => {
    const [ax, ay] = ring[(i + length - 1) % length];
    const [bx, by] = ring[(i + 1) % length];
    return (x - ax) * (by - y) !== (y - ay) * (bx - x);
  });
}

/** Outer rings with their holes: each hole goes to the smallest outer ring round it. */
function nested(rings) {
  const sized = rings.map((ring) => ({ ring, area: signedArea(ring), box: boxOf(ring) }));
  const outers = sized.filter(({ area }) => area > 0).sort((a, b) => a.area - b.area);
  const polygons = new Map(outers.map((outer) => [outer, [outer.ring]]));
  for (const hole of sized.filter(({ area }) => area < 0)) {
    const place = middleOfEdge(hole.ring);
    const home = outers.find((outer) => outer.area > -hole.area && isWithin(place, outer));
    if (home) polygons.get(home).push(hole.ring);
  }
  return [...polygons.values()];
}

/** No ring passes through the middle of another's edge, so it lies clearly inside or outside. */
function middleOfEdge([[ax, ay], [bx, by]]) {
  return { x: (ax + bx) / 2, y: (ay + by) / 2 };
}

function isWithin({ x, y }, { ring, box }) {
  if (x < box.minX || x > box.maxX || y < box.minY || y > box.maxY) return false;
  let isInside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [ax, ay] = ring[i];
    const [bx, by] = ring[j];
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) isInside = !isInside;
  }
  return isInside;
}

function boxOf(ring) {
  const box = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const [x, y] of ring) {
    box.minX = Math.min(box.minX, x);
    box.maxX = Math.max(box.maxX, x);
    box.minY = Math.min(box.minY, y);
    box.maxY = Math.max(box.maxY, y);
  }
  return box;
}
