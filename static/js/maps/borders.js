// Borders of sets of cells, as line segments in grid units: x0, y0, x1, y1, one after the other.

/**
 * The border of true cells: runs along the grid lines between members and others.
 * members: 1 or 0 per cell. The edge of the grid counts as outside.
 */
export function cellBorders({ columns, rows }, members) {
  const lines = [];
  for (let y = 0; y <= rows; y += 1) {
    const above = (y - 1) * columns;
    const below = y * columns;
    runs(columns, (x) => (y > 0 ? members[above + x] : 0) !== (y < rows ? members[below + x] : 0), (from, to) =>
      lines.push(from, y, to, y),
    );
  }
  for (let x = 0; x <= columns; x += 1) {
    runs(rows, (y) => (x > 0 ? members[y * columns + x - 1] : 0) !== (x < columns ? members[y * columns + x] : 0), (from, to) =>
      lines.push(x, from, x, to),
    );
  }
  return lines;
}

function runs(length, holds, found) {
  let start = -1;
  for (let i = 0; i <= length; i += 1) {
    const is = i < length && holds(i);
    if (is && start < 0) start = i;
    if (!is && start >= 0) {
      found(start, i);
      start = -1;
    }
  }
}

/**
 * Marching squares: where a field that is known at the cells' centres crosses a level, straight
 * between them. Beyond the grid the field is 0, so every line is closed.
 * field: number per cell; level: above 0.
 */
export function contour(grid, field, level) {
  const lines = [];
  const { columns, rows } = grid;
  const is = (x, y) =>
    x >= 0 && y >= 0 && x < columns && y < rows && field[y * columns + x] >= level ? 1 : 0;
  for (let y = -1; y < rows; y += 1) {
    let left = is(-1, y) | (is(-1, y + 1) << 3);
    for (let x = -1; x < columns; x += 1) {
      const [above, below] = [is(x + 1, y), is(x + 1, y + 1)];
      const kind = left | (above << 1) | (below << 2);
      if (kind !== 0 && kind !== 15) cross(lines, { x, y, kind }, cornersAt(grid, field, x, y), level);
      left = above | (below << 3);
    }
  }
  return lines;
}

function cornersAt({ columns, rows }, field, x, y) {
  const at = (i, j) => (i < 0 || j < 0 || i >= columns || j >= rows ? 0 : field[j * columns + i]);
  return [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)];
}

// Edges of a square: 0 above, 1 right, 2 below, 3 left. Pairs of edges that a line joins, by kind;
// at a saddle the members' corners are joined, as corners join cells to one finding.
const JOINED = [
  [], [3, 0], [0, 1], [3, 1], [1, 2], [0, 1, 2, 3], [0, 2], [3, 2],
  [2, 3], [2, 0], [3, 0, 1, 2], [2, 1], [1, 3], [1, 0], [0, 3], [],
];

function cross(lines, square, corners, level) {
  const [x, y] = [square.x + 0.5, square.y + 0.5];
  for (const edge of JOINED[square.kind]) {
    const from = corners[edge];
    const to = corners[(edge + 1) % 4];
    const share = (level - from) / (to - from);
    if (edge === 0) lines.push(x + share, y);
    else if (edge === 1) lines.push(x + 1, y + share);
    else if (edge === 2) lines.push(x + 1 - share, y + 1);
    else lines.push(x, y + 1 - share);
  }
}
