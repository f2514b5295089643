// Lesions of a map, cell for cell those of predictions/lesions.py: called cells, what they enclose,
// nearer than the merge distance as one; with the longest diameter and the class it makes.
// No page, no canvas: tested by node against the server's.

import { NOT_ASSESSED } from "./heatmap.js";

const MERGE_UM = 75;
const ITC_UM = 200;
const MACRO_UM = 2000;

/**
 * The lesions of a map, largest first. called: 1 per called cell. values: map bytes. cellUm: side of
 * a cell. Gives [{cells, x, y, width, height, diameterUm, uncertaintyUm, sizeClass, isByHand}], the
 * box in grid units.
 */
export function lesionsOf(grid, called, values, cellUm) {
  const labels = labelled(grid, filled(grid, grown(grid, called, MERGE_UM / (cellUm * 2))));
  const inside = filled(grid, called);
  return [...measured(grid, labels, inside, values)]
    .map((lesion) => sized(lesion, cellUm))
    .sort((a, b) => b.cells - a.cells || a.y - b.y || a.x - b.x);
}

/** Class by longest diameter: itc up to 0.2 mm, micro up to 2 mm, macro above. */
export function sizeClass(diameterUm) {
  if (diameterUm <= ITC_UM) return "itc";
  return diameterUm <= MACRO_UM ? "micro" : "macro";
}

/** True within one cell of a limit, where the class may as well be its neighbour. */
export function isByHand(diameterUm, cellUm) {
  return [ITC_UM, MACRO_UM].some((limit) => Math.abs(diameterUm - limit) <= cellUm);
}

function sized({ ends, ...lesion }, cellUm) {
  const diameterUm = longestDiameter(ends) * cellUm;
  return {
    ...lesion,
    diameterUm,
    uncertaintyUm: cellUm,
    sizeClass: sizeClass(diameterUm),
    isByHand: isByHand(diameterUm, cellUm),
  };
}

/** With all cells whose distance to a called one, middle to middle, is below reach. */
function grown({ columns, rows }, called, reach) {
  if (reach <= 1) return called;
  const more = Uint8Array.from(called);
  const spans = halfWidths(reach);
  for (let index = 0; index < called.length; index += 1) {
    if (!called[index]) continue;
    const row = (index / columns) | 0;
    const column = index - row * columns;
    if (isWithin(called, index, { row, column, rows, columns })) continue;
    const down = Math.min(rows - 1 - row, spans.length - 1);
    for (let step = -Math.min(row, spans.length - 1); step <= down; step += 1) {
      const width = spans[Math.abs(step)];
      const start = (row + step) * columns;
      more.fill(1, start + Math.max(0, column - width), start + Math.min(columns, column + width + 1));
    }
  }
  return more;
}

/** How far a disc reaches to either side, so many rows from its middle. */
function halfWidths(reach) {
  const widths = [];
  for (let down = 0; down < reach; down += 1) {
    let across = 0;
    while (Math.sqrt((across + 1) ** 2 + down ** 2) < reach) across += 1;
    widths.push(across);
  }
  return widths;
}

/** True where all neighbours by sides are called too: then nothing grows from here. */
function isWithin(called, index, { row, column, rows, columns }) {
  return (
    (column === 0 || called[index - 1] === 1) &&
    (column === columns - 1 || called[index + 1] === 1) &&
    (row === 0 || called[index - columns] === 1) &&
    (row === rows - 1 || called[index + columns] === 1)
  );
}

/** With its holes: what is outside and cannot reach the grid's edge by sides. */
function filled({ columns, rows }, members) {
  const inside = new Uint8Array(members.length).fill(1);
  const waiting = new Int32Array(members.length);
  let length = 0;
  const open = (index) => {
    if (!inside[index] || members[index]) return;
    inside[index] = 0;
    waiting[length] = index;
    length += 1;
  };
  for (let column = 0; column < columns; column += 1) {
    open(column);
    open((rows - 1) * columns + column);
  }
  for (let row = 0; row < rows; row += 1) {
    open(row * columns);
    open((row + 1) * columns - 1);
  }
  while (length > 0) {
    length -= 1;
    const index = waiting[length];
    const column = index % columns;
    if (column > 0) open(index - 1);
    if (column < columns - 1) open(index + 1);
    if (index >= columns) open(index - columns);
    if (index < columns * (rows - 1)) open(index + columns);
  }
  return inside;
}

/** A number from 1 on for each group of cells that touch by sides or corners; 0 elsewhere. */
function labelled({ columns, rows }, members) {
  const labels = new Int32Array(members.length);
  const waiting = new Int32Array(members.length);
  let count = 0;
  for (let start = 0; start < members.length; start += 1) {
    if (!members[start] || labels[start]) continue;
    count += 1;
    labels[start] = count;
    waiting[0] = start;
    let length = 1;
    while (length > 0) {
      length -= 1;
      const index = waiting[length];
      const row = (index / columns) | 0;
      const column = index - row * columns;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
          const next = y * columns + x;
          if (!members[next] || labels[next]) continue;
          labels[next] = count;
          waiting[length] = next;
          length += 1;
        }
      }
    }
  }
  return labels;
}

/** Cells, box, and both ends of each row, of each label. Cells not assessed are part of none. */
function measured({ columns, rows }, labels, inside, values) {
  const found = new Map();
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const index = row * columns + column;
      if (inside[index] && labels[index] && values[index] !== NOT_ASSESSED) {
        take(found, labels[index], row, column);
      }
    }
  }
  return [...found.values()].map(({ left, right, ends, cells }) => {
    const [y, last] = [ends[0][0], ends.at(-1)[0]];
    return { cells, x: left, y, width: right - left + 1, height: last - y + 1, ends };
  });
}

/** Cells come row by row, so a lesion's last row is the one at work. */
function take(found, label, row, column) {
  if (!found.has(label)) found.set(label, { left: column, right: column, ends: [], cells: 0 });
  const lesion = found.get(label);
  const last = lesion.ends.at(-1);
  if (last?.[0] === row) last[2] = column;
  else lesion.ends.push([row, column, column]);
  lesion.cells += 1;
  lesion.left = Math.min(lesion.left, column);
  lesion.right = Math.max(lesion.right, column);
}

/** The longest distance between the middles of two cells, plus one cell: they have a width. */
function longestDiameter(ends) {
  const points = ends.flatMap(([row, first, last]) => (first === last ? [[row, first]] : [[row, first], [row, last]]));
  const corners = [...chain(points), ...chain([...points].reverse())];
  let most = 0;
  for (const [row, column] of corners) {
    for (const [y, x] of corners) most = Math.max(most, (row - y) ** 2 + (column - x) ** 2);
  }
  return Math.sqrt(most) + 1;
}

/** One side of the convex hull of points in order. */
function chain(points) {
  const side = [];
  for (const point of points) {
    while (side.length > 1 && turn(side.at(-2), side.at(-1), point) <= 0) side.pop();
    side.push(point);
  }
  return side;
}

function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
