// Borders of sets of cells, as line segments in grid units: x0, y0, x1, y1, one after the other.

/**
 * The border of true cells: runs along the grid lines between members and others.
 * members: 1 or 0 per cell. The edge of the grid counts as outside.
 */
export function cellBorders(grid, members) {
  const { columns, rows } = grid;
  const lines = [];
  const across = { lines: rows, length: columns, step: 1, stride: columns };
  borders(members, across, (line, from, to) => lines.push(from, line, to, line));
  const down = { lines: columns, length: rows, step: columns, stride: 1 };
  borders(members, down, (line, from, to) => lines.push(line, from, line, to));
  return lines;
}

/** Runs along one direction. step: to the next cell of a line, stride: to the next line. */
function borders(members, { lines, length, step, stride }, found) {
  for (let line = 0; line <= lines; line += 1) {
    const before = line > 0 ? (line - 1) * stride : -1;
    const after = line < lines ? line * stride : -1;
    let start = -1;
    for (let i = 0, at = 0; i < length; i += 1, at += step) {
      const isBefore = before < 0 ? 0 : members[before + at];
      const isAfter = after < 0 ? 0 : members[after + at];
      if (isBefore !== isAfter) {
        if (start < 0) start = i;
      } else if (start >= 0) {
        found(line, start, i);
        start = -1;
      }
    }
    if (start >= 0) found(line, start, length);
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
  // One line of cells more on every side, all outside: every square then has four corners.
  const width = columns + 2;
  const is = padded(grid, field, level);
  for (let y = -1; y < rows; y += 1) {
    const above = (y + 1) * width;
    const below = above + width;
    for (let x = -1, at = 0; x < columns; x += 1, at += 1) {
      const kind =
        is[above + at] | (is[above + at + 1] << 1) | (is[below + at + 1] << 2) | (is[below + at] << 3);
      if (kind !== 0 && kind !== 15) cross(lines, { x, y, kind }, cornersAt(grid, field, x, y), level);
    }
  }
  return lines;
}

function padded({ columns, rows }, field, level) {
  const is = new Uint8Array((columns + 2) * (rows + 2));
  for (let row = 0; row < rows; row += 1) {
    const to = (row + 1) * (columns + 2) + 1;
    const from = row * columns;
    for (let column = 0; column < columns; column += 1) is[to + column] = field[from + column] >= level ? 1 : 0;
  }
  return is;
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
