// Edges that meet at their ends only, on whole coordinates. Where two cross, the crossing is rounded
// to whole numbers and both are bent there, over and over until nothing crosses (snap rounding,
// Hobby 1999). Edges are [ax, ay, bx, by].

import { keyOf, polygonsOf } from "./rings.js";

const ROUNDS = 20; // two nearly always do

/** The edges of polygons in whole coordinates, the inside on their left. */
export function edgesOf(polygons) {
  return polygons.flatMap((rings) => rings.flatMap(edgesOfRing));
}

function edgesOfRing(ring) {
  return ring.map(([x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length];
    return [x, y, nextX, nextY];
  });
}

/**
 * The edges, split wherever they meet; opposite ones that come to lie on each other are gone.
 * Gives the same array if they meet at their ends only, and no more than two at a place.
 */
export function noded(edges) {
  const split = splitFully(edges);
  return split === edges && isThreaded(edges) ? edges : cancelled(split);
}

/**
 * The pieces that a line cuts polygons into, each [outer, ...holes]. Polygons and line in whole
 * coordinates. Ends of the line that cut nothing off leave no trace.
 */
export function piecesAlong(polygons, line) {
  const outline = edgesOf(polygons);
  const knife = line.slice(1).map(([x, y], i) => [line[i][0], line[i][1], x, y]);
  const tagged = [...outline, ...knife.map((edge) => [...edge, true])];
  const edges = distinct(splitFully(tagged));
  const rim = edges.filter(([, , , , isKnife]) => !isKnife);
  const cuts = edges.filter((edge) => edge[4] && isWithin(middle(edge), rim));
  const bothWays = cuts.flatMap(([ax, ay, bx, by]) => [[ax, ay, bx, by], [bx, by, ax, ay]]);
  return polygonsOf([...rim, ...bothWays]);
}

function splitFully(edges) {
  let split = edges;
  for (let round = 0; round < ROUNDS; round += 1) {
    const again = splitAtMeetings(split);
    if (again === split) break;
    split = again;
  }
  return split;
}

/** Outline edges that do not cancel out, and knife edges once each where no outline lies. */
function distinct(edges) {
  const outline = cancelled(edges.filter((edge) => !edge[4]));
  const taken = new Set(outline.map(pairKey));
  const cuts = edges.filter((edge) => {
    const key = pairKey(edge);
    if (!edge[4] || taken.has(key)) return false;
    return taken.add(key);
  });
  return [...outline, ...cuts];
}

/** Whether every vertex has one edge in and one out. */
function isThreaded(edges) {
  const starts = new Set(edges.map(([x, y]) => keyOf(x, y)));
  return starts.size === edges.length;
}

/** One round: every edge split where others cross or touch it; the same array if none does. */
function splitAtMeetings(edges) {
  const places = meetings(edges);
  if (!places.size) return edges;
  return edges.flatMap((edge, i) => (places.has(i) ? splitAt(edge, places.get(i)) : [edge]));
}

function splitAt(edge, places) {
  const [ax, ay, bx, by, ...tag] = edge;
  const along = ([x, y]) => (x - ax) * (bx - ax) + (y - ay) * (by - ay);
  const stops = [[ax, ay], ...places.sort((p, q) => along(p) - along(q)), [bx, by]];
  const parts = stops.slice(1).map(([x, y], i) => [stops[i][0], stops[i][1], x, y, ...tag]);
  return parts.filter(([px, py, qx, qy]) => px !== qx || py !== qy);
}

/** By index of an edge the places [x, y] at which it must be split. */
function meetings(edges) {
  const places = new Map();
  const split = (i, place) => {
    if (!places.has(i)) places.set(i, []);
    places.get(i).push(place);
  };
  for (const [i, j] of nearPairs(edges)) {
    meet(edges[i], edges[j], (place) => split(i, place), (place) => split(j, place));
  }
  return places;
}

/** Pairs of edges whose boxes overlap, found by sweeping along x. */
function* nearPairs(edges) {
  const order = Uint32Array.from(edges.keys());
  const left = Float64Array.from(edges, ([ax, , bx]) => Math.min(ax, bx));
  order.sort((i, j) => left[i] - left[j]);
  const right = (i) => Math.max(edges[i][0], edges[i][2]);
  const low = Float64Array.from(edges, ([, ay, , by]) => Math.min(ay, by));
  const high = Float64Array.from(edges, ([, ay, , by]) => Math.max(ay, by));
  for (let place = 0; place < order.length; place += 1) {
    const i = order[place];
    const end = right(i);
    for (let next = place + 1; next < order.length && left[order[next]] <= end; next += 1) {
      const j = order[next];
      if (low[j] <= high[i] && low[i] <= high[j]) yield [i, j];
    }
  }
}

/** Tell where two edges must be split for them to meet at their ends only. */
function meet(e, f, splitE, splitF) {
  const [ex1, ey1, ex2, ey2] = e;
  const [fx1, fy1, fx2, fy2] = f;
  const f1 = side(e, fx1, fy1);
  const f2 = side(e, fx2, fy2);
  if ((f1 > 0 && f2 > 0) || (f1 < 0 && f2 < 0)) return;
  const e1 = side(f, ex1, ey1);
  const e2 = side(f, ex2, ey2);
  if (f1 === 0 && isBetween(e, fx1, fy1)) splitE([fx1, fy1]);
  if (f2 === 0 && isBetween(e, fx2, fy2)) splitE([fx2, fy2]);
  if (e1 === 0 && isBetween(f, ex1, ey1)) splitF([ex1, ey1]);
  if (e2 === 0 && isBetween(f, ex2, ey2)) splitF([ex2, ey2]);
  if (f1 * f2 >= 0 || e1 * e2 >= 0) return;
  const along = e1 / (e1 - e2);
  const x = Math.round(ex1 + along * (ex2 - ex1)) + 0;
  const y = Math.round(ey1 + along * (ey2 - ey1)) + 0;
  if (!isEnd(e, x, y)) splitE([x, y]);
  if (!isEnd(f, x, y)) splitF([x, y]);
}

/** Above 0 where a point lies left of an edge, 0 on its line. */
function side([ax, ay, bx, by], x, y) {
  return (bx - ax) * (y - ay) - (by - ay) * (x - ax);
}

/** Whether a point on an edge's line lies on the edge, but not at an end. */
function isBetween([ax, ay, bx, by], x, y) {
  return (x - ax) * (bx - x) + (y - ay) * (by - y) > 0;
}

function isEnd([ax, ay, bx, by], x, y) {
  return (x === ax && y === ay) || (x === bx && y === by);
}

/** Each edge once; none where as many run one way as the other. */
function cancelled(edges) {
  const balance = new Map();
  for (const edge of edges) {
    const key = pairKey(edge);
    const [, sum] = balance.get(key) ?? [edge, 0];
    balance.set(key, [edge, sum + (isForward(edge) ? 1 : -1)]);
  }
  return [...balance.values()].filter(([, sum]) => sum).map(([edge, sum]) => {
    const [ax, ay, bx, by] = edge;
    return sum > 0 === isForward(edge) ? [ax, ay, bx, by] : [bx, by, ax, ay];
  });
}

function isForward([ax, ay, bx, by]) {
  return ax < bx || (ax === bx && ay < by);
}

function pairKey(edge) {
  const [ax, ay, bx, by] = edge;
  return isForward(edge) ? `${ax},${ay},${bx},${by}` : `${bx},${by},${ax},${ay}`;
}

function middle([ax, ay, bx, by]) {
  return [(ax + bx) / 2, (ay + by) / 2];
}

function isWithin([x, y], rim) {
  let isInside = false;
  for (const [ax, ay, bx, by] of rim) {
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) isInside = !isInside;
  }
  return isInside;
}
