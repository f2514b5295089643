// Vertices of a region moved, added and taken away. Pure: each gives new polygons and leaves the
// old. A corner is {polygon, ring, vertex}: indices into polygons, as shapes.js gives them.

const SMALLEST_RING = 3;

/** The corner's place, [x, y]; null where there is none. */
export function placeOf(polygons, { polygon, ring, vertex }) {
  return polygons[polygon]?.[ring]?.[vertex] ?? null;
}

export function withMoved(polygons, corner, place) {
  return withRing(polygons, corner, (points) =>
    points.map((point, i) => (i === corner.vertex ? place : point)),
  );
}

/** A vertex more, put in before the corner. */
export function withAdded(polygons, corner, place) {
  const { vertex } = corner;
  return withRing(polygons, corner, (points) => [
    ...points.slice(0, vertex),
    place,
    ...points.slice(vertex),
  ]);
}

/** A vertex less; a ring too short to enclose anything goes, an outer one with its holes. */
export function withRemoved(polygons, corner) {
  const { polygon, ring, vertex } = corner;
  if (polygons[polygon][ring].length > SMALLEST_RING) {
    return withRing(polygons, corner, (points) => points.filter((_, i) => i !== vertex));
  }
  if (ring === 0) return polygons.filter((_, p) => p !== polygon);
  return polygons.map((rings, p) => (p === polygon ? rings.filter((_, r) => r !== ring) : rings));
}

export function shifted(polygons, dx, dy) {
  return polygons.map((rings) => rings.map((points) => points.map(([x, y]) => [x + dx, y + dy])));
}

/** The places before and after a corner, on its ring. */
export function besides(polygons, { polygon, ring, vertex }) {
  const points = polygons[polygon][ring];
  const { length } = points;
  return [points[(vertex - 1 + length) % length], points[(vertex + 1) % length]];
}

/** The corner so many places on, from ring to ring, and round; the first one after null. */
export function cornerAfter(polygons, corner, step) {
  const rings = polygons.flatMap((each, polygon) =>
    each.map((points, ring) => ({ polygon, ring, length: points.length })),
  );
  const total = rings.reduce((sum, { length }) => sum + length, 0);
  let place = corner ? (indexOf(rings, corner) + step + total) % total : 0;
  for (const { polygon, ring, length } of rings) {
    if (place < length) return { polygon, ring, vertex: place };
    place -= length;
  }
  return null;
}

function indexOf(rings, corner) {
  const own = rings.findIndex((each) => each.polygon === corner.polygon && each.ring === corner.ring);
  return rings.slice(0, own).reduce((sum, { length }) => sum + length, corner.vertex);
}

function withRing(polygons, { polygon, ring }, change) {
  return polygons.map((rings, p) =>
    p === polygon ? rings.map((points, r) => (r === ring ? change(points) : points)) : rings,
  );
}
