// Findings: groups of called cells that touch, corners included; largest first.

/**
 * The groups of cells for which inside(index) holds.
 * Gives [{cells, x, y, width, height}] in grid units, by falling number of cells.
 */
export function findings(grid, inside) {
  const members = new Uint8Array(grid.columns * grid.rows);
  for (let index = 0; index < members.length; index += 1) members[index] = inside(index) ? 1 : 0;
  return groupsOf(grid, members);
}

/** As `findings`, of cells marked with 1. */
export function groupsOf(grid, members) {
  const left = Uint8Array.from(members);
  const waiting = new Int32Array(members.length);
  const found = [];
  for (let index = 0; index < left.length; index += 1) {
    if (left[index]) found.push(group(grid, left, waiting, index));
  }
  return found.sort((a, b) => b.cells - a.cells || a.y - b.y || a.x - b.x);
}

/** Takes the group of a cell out of `left`; every cell waits once, so `waiting` never overflows. */
function group({ columns, rows }, left, waiting, start) {
  const edge = { left: columns, top: rows, right: 0, bottom: 0 };
  let [cells, length] = [0, 1];
  waiting[0] = start;
  left[start] = 0;
  while (length > 0) {
    length -= 1;
    const index = waiting[length];
    const row = (index / columns) | 0;
    const column = index - row * columns;
    cells += 1;
    widen(edge, row, column);
    const lastRow = Math.min(rows - 1, row + 1);
    const lastColumn = Math.min(columns - 1, column + 1);
    for (let y = Math.max(0, row - 1); y <= lastRow; y += 1) {
      for (let x = Math.max(0, column - 1); x <= lastColumn; x += 1) {
        const next = y * columns + x;
        if (!left[next]) continue;
        left[next] = 0;
        waiting[length] = next;
        length += 1;
      }
    }
  }
  return { cells, x: edge.left, y: edge.top, width: edge.right - edge.left, height: edge.bottom - edge.top };
}

function widen(edge, row, column) {
  if (column < edge.left) edge.left = column;
  if (row < edge.top) edge.top = row;
  if (column >= edge.right) edge.right = column + 1;
  if (row >= edge.bottom) edge.bottom = row + 1;
}

/**
 * The view in level-0 px that shows a finding with room round it, never closer than the slide's own
 * px. stage: {width, height, rotation} in screen px and degrees.
 */
export function viewOf(finding, sideL0, { width, height, rotation = 0 }) {
  const room = 2;
  const [cos, sin] = [Math.cos, Math.sin].map((of) => Math.abs(of((rotation * Math.PI) / 180)));
  const across = finding.width * cos + finding.height * sin;
  const down = finding.width * sin + finding.height * cos;
  const byWidth = across * sideL0 * room;
  const byHeight = (down * sideL0 * room * width) / height;
  return {
    x: (finding.x + finding.width / 2) * sideL0,
    y: (finding.y + finding.height / 2) * sideL0,
    width: Math.max(byWidth, byHeight, width),
  };
}
