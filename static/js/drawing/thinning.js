// Outlines with no more vertices than a screen can show. Pure; for painting only, never for storing.

/** A ring without the vertices nearer than px to the last one kept; null if under three stay. */
export function thinned(ring, px) {
  if (ring.length <= 8) return ring;
  const squared = px * px;
  let [lastX, lastY] = ring[0];
  const kept = [ring[0]];
  for (let i = 1; i < ring.length; i += 1) {
    const [x, y] = ring[i];
    const [dx, dy] = [x - lastX, y - lastY];
    if (dx * dx + dy * dy < squared) continue;
    kept.push(ring[i]);
    lastX = x;
    lastY = y;
  }
  return kept.length > 2 ? kept : null;
}

/**
 * A ring that looks the same within a box and has next to nothing beyond it: a vertex goes if it,
 * the last one kept and the next one all lie beyond the same side. Null if nothing can be seen.
 */
export function within(ring, box) {
  const sides = Uint8Array.from(ring, ([x, y]) => sidesOf(x, y, box));
  const kept = [ring[0]];
  let last = sides[0];
  for (let i = 1; i < ring.length; i += 1) {
    if (last & sides[i] & sides[(i + 1) % ring.length]) continue;
    kept.push(ring[i]);
    last = sides[i];
  }
  return kept.length > 2 ? kept : null;
}

/** One bit for each side of the box that a point lies beyond. */
function sidesOf(x, y, { minX, minY, maxX, maxY }) {
  return (x < minX ? 1 : 0) | (x > maxX ? 2 : 0) | (y < minY ? 4 : 0) | (y > maxY ? 8 : 0);
}
