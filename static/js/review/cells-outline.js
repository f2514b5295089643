// The outline of a finding's cells on the map that it was called on.

import { united } from "../drawing/arithmetic.js";
import { lesionAt } from "../drawing/wand.js";
import { cut, NOT_ASSESSED } from "../maps/heatmap.js";
import { groupsOf } from "../maps/findings.js";

/**
 * Polygons of all called groups within a finding's box, at the threshold of its reading. Null where
 * there is no map, or no cell of it.
 */
export function cellsOutline({ picture, prediction, page }, { box_l0: box }) {
  if (!picture) return null;
  const bar = cut(prediction.threshold);
  const called = picture.values.map((value) => (value !== NOT_ASSESSED && value >= bar ? 1 : 0));
  const groups = groupsOf(prediction, called).filter((group) => isWithin(group, box, prediction.sideL0));
  const shapes = groups.map((group) => {
    const inside = (index) => called[index] === 1;
    return lesionAt(prediction, inside, cellOf(group, called, prediction), "true cells", page.slide);
  });
  const polygons = united(shapes);
  return polygons.length ? polygons : null;
}

function isWithin({ x, y, width, height }, [left, top, right, bottom], side) {
  const slack = side / 2;
  return (
    x * side >= left - slack && y * side >= top - slack &&
    (x + width) * side <= right + side && (y + height) * side <= bottom + side
  );
}

/** The first called cell of a group, in reading order. */
function cellOf({ x, y, width, height }, called, { columns }) {
  for (let row = y; row < y + height; row += 1) {
    for (let column = x; column < x + width; column += 1) {
      if (called[row * columns + column]) return { row, column };
    }
  }
  return { row: y, column: x };
}
