// "Smoothed": the same numbers interpolated between the centres of the cells, for the eye alone.
// Counts, areas and findings are taken from the true cells. Every cell becomes 3 x 3 finer ones;
// the middle one keeps the cell's own value, so that no finding is smoothed away.

const FINER = 3;
const MOST_CELLS = 450_000; // beyond, the pixels of the finer picture cost more than a frame

/** The grid of the smoothed form; the grid itself where it has too many cells to be refined. */
export function finerGrid(grid) {
  const { columns, rows, sideL0 } = grid;
  if (columns * rows > MOST_CELLS) return grid;
  return { columns: columns * FINER, rows: rows * FINER, sideL0: sideL0 / FINER };
}

/**
 * Bytes on the finer grid. Cells whose byte is `absent` keep it in all their parts and lend nothing
 * to their neighbours: what was not assessed keeps its true border.
 */
export function smoothed(grid, values, absent) {
  const fine = finerGrid(grid);
  if (fine === grid) return values;
  const bytes = new Uint8Array(fine.columns * fine.rows);
  const { columns, rows } = grid;
  const near = new Float32Array(9);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const own = values[row * columns + column];
      gather(near, { grid, values, absent, own }, row, column);
      const corner = row * FINER * fine.columns + column * FINER;
      if (own === absent) fillCell(bytes, fine.columns, corner, own);
      else writeCell(bytes, fine.columns, corner, near);
    }
  }
  return bytes;
}

/** The cell and its eight neighbours; its own value where there is none. */
function gather(near, { grid: { columns, rows }, values, absent, own }, row, column) {
  let at = 0;
  for (let y = row - 1; y <= row + 1; y += 1) {
    for (let x = column - 1; x <= column + 1; x += 1) {
      const isInside = x >= 0 && y >= 0 && x < columns && y < rows;
      const value = isInside ? values[y * columns + x] : absent;
      near[at] = value === absent ? own : value;
      at += 1;
    }
  }
}

function fillCell(bytes, stride, corner, value) {
  for (let y = 0; y < FINER; y += 1) {
    const from = corner + y * stride;
    bytes.fill(value, from, from + FINER);
  }
}

/** Bilinear at -1/3, 0 and 1/3 of a cell from its centre. */
function writeCell(bytes, stride, corner, [a, b, c, d, own, f, g, h, i]) {
  const below = corner + stride;
  const last = below + stride;
  bytes[corner] = (a + 2 * b + 2 * d + 4 * own) / 9 + 0.5;
  bytes[corner + 1] = (b + 2 * own) / 3 + 0.5;
  bytes[corner + 2] = (c + 2 * b + 2 * f + 4 * own) / 9 + 0.5;
  bytes[below] = (d + 2 * own) / 3 + 0.5;
  bytes[below + 1] = own;
  bytes[below + 2] = (f + 2 * own) / 3 + 0.5;
  bytes[last] = (g + 2 * d + 2 * h + 4 * own) / 9 + 0.5;
  bytes[last + 1] = (h + 2 * own) / 3 + 0.5;
  bytes[last + 2] = (i + 2 * h + 2 * f + 4 * own) / 9 + 0.5;
}
