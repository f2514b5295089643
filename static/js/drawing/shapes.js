// Sizes and distances of shapes, without changing them. Single points are {x, y}; a line and a ring
// are lists of [x, y], rings open; polygons are lists of polygons, each a list of rings. Level-0 px.

/** The smallest upright box round polygons: {minX, minY, maxX, maxY}. */
export function boundsOf(polygons) {
  const box = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (const [outer] of polygons) {
    for (const [x, y] of outer) {
      if (x < box.minX) box.minX = x;
      if (x > box.maxX) box.maxX = x;
      if (y < box.minY) box.minY = y;
      if (y > box.maxY) box.maxY = y;
    }
  }
  return box;
}

/** Area within a ring, above 0 if it runs from the x axis to the y axis (an outer ring of ours). */
export function signedArea(ring) {
  const [x0, y0] = ring[0] ?? [0, 0];
  let doubled = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    doubled += (ring[j][0] - x0) * (ring[i][1] - y0) - (ring[i][0] - x0) * (ring[j][1] - y0);
  }
  return doubled / 2;
}

/** Area of polygons in px squared, holes taken off. */
export function areaOf(polygons) {
  let area = 0;
  for (const rings of polygons) {
    rings.forEach((ring, i) => (area += (i === 0 ? 1 : -1) * Math.abs(signedArea(ring))));
  }
  return area;
}

/** Length of a line in px. */
export function lengthOf(line) {
  let length = 0;
  for (let i = 1; i < line.length; i += 1) {
    length += Math.hypot(line[i][0] - line[i - 1][0], line[i][1] - line[i - 1][1]);
  }
  return length;
}

/** Length of all outlines in px, those of holes too. */
export function perimeterOf(polygons) {
  return polygons.flat().reduce((sum, ring) => sum + lengthOf([...ring, ring[0]]), 0);
}

/** Vertices of all rings. */
export function vertexCount(polygons) {
  return polygons.reduce((sum, rings) => sum + rings.reduce((n, ring) => n + ring.length, 0), 0);
}

/** Whether a point lies within polygons and in none of their holes. */
export function containsPoint(polygons, point) {
  return polygons.some((rings) => {
    let isInside = false;
    for (const ring of rings) if (crossings(ring, point)) isInside = !isInside;
    return isInside;
  });
}

/** Whether a ray from the point meets the ring an odd number of times. */
function crossings(ring, { x, y }) {
  let isOdd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [ax, ay] = ring[i];
    const [bx, by] = ring[j];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) isOdd = !isOdd;
  }
  return isOdd;
}

/**
 * The vertex nearest to a point: {polygon, ring, vertex, distance}, indices into polygons.
 * Null where there is no vertex.
 */
export function nearestVertex(polygons, { x, y }) {
  let best = null;
  eachRing(polygons, (corners, polygon, ring) => {
    for (let vertex = 0; vertex < corners.length; vertex += 1) {
      const distance = Math.hypot(corners[vertex][0] - x, corners[vertex][1] - y);
      if (!best || distance < best.distance) best = { polygon, ring, vertex, distance };
    }
  });
  return best;
}

/**
 * The edge nearest to a point: {polygon, ring, edge, point, distance}. edge is the index of its
 * first vertex, point the place {x, y} on it that is nearest. Null where there is no edge.
 */
export function nearestEdge(polygons, point) {
  let best = { squared: Infinity };
  eachRing(polygons, (corners, polygon, ring) => {
    for (let edge = 0; edge < corners.length; edge += 1) {
      const place = nearestOn(corners[edge], corners[(edge + 1) % corners.length], point);
      const squared = (place.x - point.x) ** 2 + (place.y - point.y) ** 2;
      if (squared < best.squared) best = { polygon, ring, edge, point: place, squared };
    }
  });
  if (best.squared === Infinity) return null;
  const { squared, ...found } = best;
  return { ...found, distance: Math.sqrt(squared) };
}

function nearestOn([ax, ay], [bx, by], { x, y }) {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const along = squared ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / squared)) : 0;
  return { x: ax + along * dx, y: ay + along * dy };
}

function eachRing(polygons, visit) {
  polygons.forEach((rings, polygon) => rings.forEach((ring, i) => visit(ring, polygon, i)));
}

/**
 * The two points of polygons that lie farthest apart: {length, from, to}, points as [x, y].
 * Rotating calipers on the convex hull (Shamos 1978). Null without points.
 */
export function longestDiameter(polygons) {
  const hull = convexHull(polygons.flatMap(([outer]) => outer));
  if (!hull.length) return null;
  let best = { length: 0, from: hull[0], to: hull[0] };
  for (const [from, to] of antipodes(hull)) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length > best.length) best = { length, from, to };
  }
  return best;
}

/** Pairs of hull points that parallel lines can touch; the farthest pair is among them. */
function* antipodes(hull) {
  const count = hull.length;
  if (count === 2) yield hull;
  if (count < 3) return;
  let far = 1;
  for (let i = 0; i < count; i += 1) {
    const next = (i + 1) % count;
    yield [hull[i], hull[far]];
    while (turn(hull[i], hull[next], hull[(far + 1) % count]) > turn(hull[i], hull[next], hull[far])) {
      far = (far + 1) % count;
      yield [hull[i], hull[far]];
    }
    yield [hull[next], hull[far]];
    // Of a parallel edge both ends are antipodes.
    yield [hull[i], hull[(far + 1) % count]];
    yield [hull[next], hull[(far + 1) % count]];
  }
}

/** Corners of the convex hull in the sense of rotation of an outer ring (Andrew 1979). */
export function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const distinct = sorted.filter(
    (point, i) => i === 0 || point[0] !== sorted[i - 1][0] || point[1] !== sorted[i - 1][1],
  );
  if (distinct.length < 3) return distinct;
  return [...halfHull(distinct), ...halfHull(distinct.reverse())];
}

function halfHull(points) {
  const half = [];
  for (const point of points) {
    while (half.length > 1 && turn(half[half.length - 2], half[half.length - 1], point) <= 0) {
      half.pop();
    }
    half.push(point);
  }
  return half.slice(0, -1);
}

function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
