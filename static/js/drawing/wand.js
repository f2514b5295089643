// The lesion under the cursor as an outline: the cells that are called and touch, with their holes.

import { contours } from "../../vendor/d3-contour-4.0.3/d3-contour.js";
import { clippedTo } from "./arithmetic.js";
import { polygonsOf } from "./rings.js";

/** How cells become an outline: along their edges, or through the middles of the edges. */
export const FORMS = ["true cells", "smoothed"];

/**
 * The outline of the called cells that touch a cell, corners included, as polygons in level-0 px,
 * cut off at the edge of the slide. Empty where the cell is not called.
 * grid: {columns, rows, sideL0}. inside(index): whether a cell is called. cell: {row, column}.
 * form: one of FORMS. size: {width, height} of the slide in level-0 px.
 */
export function lesionAt(grid, inside, cell, form, size) {
  if (!FORMS.includes(form)) {
    throw new Error(`Form ${JSON.stringify(form)} is unknown; use one of ${FORMS.join(", ")}.`);
  }
  const lesion = touching(grid, inside, cell);
  if (!lesion) return [];
  const outline = form === "smoothed" ? smoothed(lesion) : stepped(lesion);
  const inL0 = outline.map((rings) => rings.map((ring) => ring.map((point) => toL0(point, lesion, grid))));
  return clippedTo(inL0, size);
}

/**
 * The cells that touch a cell, in a window round them with a rim of one cell:
 * {left, top, columns, rows, cells: one byte a cell}. Null where the cell is not called.
 */
function touching(grid, inside, { row, column }) {
  const first = row * grid.columns + column;
  const isOnGrid = row >= 0 && column >= 0 && row < grid.rows && column < grid.columns;
  if (!isOnGrid || !inside(first)) return null;
  const seen = new Uint8Array(grid.columns * grid.rows);
  seen[first] = 1;
  const found = [first];
  for (let place = 0; place < found.length; place += 1) {
    for (const next of around(grid, found[place])) {
      if (seen[next] || !inside(next)) continue;
      seen[next] = 1;
      found.push(next);
    }
  }
  return windowOf(grid, found);
}

function* around({ columns, rows }, index) {
  const row = Math.floor(index / columns);
  const column = index % columns;
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
      yield y * columns + x;
    }
  }
}

function windowOf(grid, found) {
  const edge = { left: Infinity, top: Infinity, right: -1, bottom: -1 };
  for (const index of found) {
    const row = Math.floor(index / grid.columns);
    const column = index % grid.columns;
    edge.left = Math.min(edge.left, column);
    edge.right = Math.max(edge.right, column);
    edge.top = Math.min(edge.top, row);
    edge.bottom = Math.max(edge.bottom, row);
  }
  const [left, top] = [edge.left - 1, edge.top - 1];
  const [columns, rows] = [edge.right - left + 2, edge.bottom - top + 2];
  const cells = new Uint8Array(columns * rows);
  for (const index of found) {
    cells[(Math.floor(index / grid.columns) - top) * columns + (index % grid.columns) - left] = 1;
  }
  return { left, top, columns, rows, cells };
}

/** Along the edges of the cells; cells that touch by a corner alone come out as parts. */
function stepped({ columns, rows, cells }) {
  const edges = [];
  for (let y = 1; y < rows - 1; y += 1) {
    for (let x = 1; x < columns - 1; x += 1) {
      const index = y * columns + x;
      if (!cells[index]) continue;
      if (!cells[index - columns]) edges.push([x, y, x + 1, y]);
      if (!cells[index + 1]) edges.push([x + 1, y, x + 1, y + 1]);
      if (!cells[index + columns]) edges.push([x + 1, y + 1, x, y + 1]);
      if (!cells[index - 1]) edges.push([x, y + 1, x, y]);
    }
  }
  return polygonsOf(edges);
}

/** Through the middles between called cells and others (marching squares), corners cut. */
function smoothed({ columns, rows, cells }) {
  return contours().size([columns, rows]).contour(cells, 0.5).coordinates;
}

function toL0([x, y], { left, top }, { sideL0 }) {
  return [(x + left) * sideL0, (y + top) * sideL0];
}
