// Two maps of one slide on one grid, so that they can be compared cell by cell.

import { NOT_ASSESSED } from "./heatmap.js";

/**
 * Lay two maps on the finer grid: its cells take the value of the coarser cell that holds their
 * centre, and "not assessed" where the coarser grid does not reach.
 * a, b: {grid: {columns, rows, sideL0}, values: map bytes}.
 * Gives {grid, a, b: bytes on that grid, laid: "a" or "b", the map that was laid over, or null}.
 */
export function onOneGrid(a, b) {
  if (isSame(a.grid, b.grid)) return { grid: a.grid, a: a.values, b: b.values, laid: null };
  const isFinerA = a.grid.sideL0 < b.grid.sideL0 || (a.grid.sideL0 === b.grid.sideL0 && isLarger(a.grid, b.grid));
  return isFinerA
    ? { grid: a.grid, a: a.values, b: laidOver(a.grid, b), laid: "b" }
    : { grid: b.grid, a: laidOver(b.grid, a), b: b.values, laid: "a" };
}

function isSame(one, other) {
  return one.columns === other.columns && one.rows === other.rows && one.sideL0 === other.sideL0;
}

function isLarger(one, other) {
  return one.columns * one.rows >= other.columns * other.rows;
}

function laidOver(grid, coarse) {
  const columns = holders(grid.columns, grid.sideL0, coarse.grid.columns, coarse.grid.sideL0);
  const rows = holders(grid.rows, grid.sideL0, coarse.grid.rows, coarse.grid.sideL0);
  const values = new Uint8Array(grid.columns * grid.rows).fill(NOT_ASSESSED);
  for (let row = 0; row < grid.rows; row += 1) {
    if (rows[row] < 0) continue;
    const from = rows[row] * coarse.grid.columns;
    for (let column = 0; column < grid.columns; column += 1) {
      if (columns[column] < 0) continue;
      values[row * grid.columns + column] = coarse.values[from + columns[column]];
    }
  }
  return values;
}

/** For every fine cell along one axis the coarse cell that holds its centre; -1 beyond the end. */
function holders(count, side, coarseCount, coarseSide) {
  return Int32Array.from({ length: count }, (_, i) => {
    const at = Math.floor(((i + 0.5) * side) / coarseSide);
    return at < coarseCount ? at : -1;
  });
}
