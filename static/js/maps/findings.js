// Findings: groups of called cells that touch, corners included; largest first.

/**
 * The groups of cells for which inside(index) holds.
 * Gives [{cells, x, y, width, height}] in grid units, by falling number of cells.
 */
export function findings(grid, inside) {
  const seen = new Uint8Array(grid.columns * grid.rows);
  const found = [];
  for (let index = 0; index < seen.length; index += 1) {
    if (!seen[index] && inside(index)) found.push(group(grid, inside, seen, index));
  }
  return found.sort((a, b) => b.cells - a.cells || a.y - b.y || a.x - b.x);
}

function group(grid, inside, seen, start) {
  const waiting = [start];
  const edge = { left: Infinity, top: Infinity, right: 0, bottom: 0 };
  let cells = 0;
  seen[start] = 1;
  while (waiting.length) {
    const index = waiting.pop();
    const row = Math.floor(index / grid.columns);
    const column = index % grid.columns;
    cells += 1;
    edge.left = Math.min(edge.left, column);
    edge.top = Math.min(edge.top, row);
    edge.right = Math.max(edge.right, column + 1);
    edge.bottom = Math.max(edge.bottom, row + 1);
    for (const next of neighbours(grid, row, column)) {
      if (seen[next] || !inside(next)) continue;
      seen[next] = 1;
      waiting.push(next);
    }
  }
  const { left, top, right, bottom } = edge;
  return { cells, x: left, y: top, width: right - left, height: bottom - top };
}

function neighbours({ columns, rows }, row, column) {
  const found = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
      if (y !== row || x !== column) found.push(y * columns + x);
    }
  }
  return found;
}

/** The view in level-0 px that shows a finding with room round it, for a stage of this shape. */
export function viewOf(finding, sideL0, { width, height }) {
  const room = 2;
  const byWidth = finding.width * sideL0 * room;
  const byHeight = (finding.height * sideL0 * room * width) / height;
  return {
    x: (finding.x + finding.width / 2) * sideL0,
    y: (finding.y + finding.height / 2) * sideL0,
    width: Math.max(byWidth, byHeight),
  };
}
