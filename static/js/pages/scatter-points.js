// Slides as points of two versions' figures: where they lie, which a box holds, which is next.
// Pure: no page. A point: {slide, x, y} in px of the plot.

/** Slides of which both versions have a measure: {drawn: [{...slide, first, second}], undrawn}. */
export function measured(slides, measure) {
  const told = slides.map((slide) => {
    const [first, second] = slide.values[measure];
    return { ...slide, first, second };
  });
  const drawn = told.filter(({ first, second }) => first !== null && second !== null);
  return { drawn, undrawn: told.length - drawn.length };
}

/** The range that both axes share, so that what is alike lies on the diagonal: [low, high]. */
export function sharedRange(drawn, isShare) {
  const values = drawn.flatMap(({ first, second }) => [first, second]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spare = Math.max((high - low) * 0.08, isShare ? 0.02 : 0.5);
  if (!isShare) return [Math.max(0, low - spare), high + spare];
  // A little beyond 0 and 1, so that points there are whole.
  return [Math.max(-0.02, low - spare), Math.min(1.02, high + spare)];
}

/** The box between two corners, however they lie. */
export function boxOf(one, other) {
  return {
    left: Math.min(one.x, other.x),
    top: Math.min(one.y, other.y),
    right: Math.max(one.x, other.x),
    bottom: Math.max(one.y, other.y),
  };
}

/** Slides of the points in a box, its edges too. */
export function within(points, { left, top, right, bottom }) {
  const held = points.filter(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom);
  return held.map(({ slide }) => slide);
}

const AXES = { ArrowLeft: ["x", -1], ArrowRight: ["x", 1], ArrowUp: ["y", -1], ArrowDown: ["y", 1] };

/** The place of the next point along an arrow key; the same place at the end, null for other keys. */
export function nextAlong(points, place, key) {
  if (!(key in AXES)) return null;
  const [axis, step] = AXES[key];
  const order = [...points.keys()].sort((a, b) => points[a][axis] - points[b][axis] || a - b);
  const at = order.indexOf(place) + step;
  return order[Math.min(Math.max(at, 0), order.length - 1)];
}

/** Slides on which one version does better: "first" or "second". */
export function betterUnder(drawn, who, isLowerBetter = false) {
  const sign = (who === "second" ? 1 : -1) * (isLowerBetter ? -1 : 1);
  return drawn.filter(({ first, second }) => (second - first) * sign > 0).map(({ slide }) => slide);
}
