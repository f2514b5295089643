// What of the tissue was looked at, on a coarse grid. Pure: no page, no server.
//
// grid: {columns, rows, cellX, cellY: level-0 px per cell}. seen: Uint8Array, a 1 for every cell
// looked at, row after row. weights: tissue px in each cell, as the server counts them.

/** Bits as the server packs them, first cell first, as one byte per cell. */
export function unpacked(bytes, count) {
  return Uint8Array.from({ length: count }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
}

/** The cells of a box of the grid as bits, row after row of the box. */
export function packed(seen, grid, { x, y, columns, rows }) {
  const bytes = new Uint8Array(Math.ceil((columns * rows) / 8));
  let i = 0;
  for (let row = y; row < y + rows; row += 1) {
    for (let column = x; column < x + columns; column += 1, i += 1) {
      if (seen[row * grid.columns + column]) bytes[i >> 3] |= 128 >> (i & 7);
    }
  }
  return bytes;
}

/**
 * Mark every cell whose centre lies in the view, a convex quadrilateral in level-0 px, turned as
 * the view is. Gives the box {x, y, columns, rows} of the cells that are new, null without any.
 */
export function lookAt(seen, grid, corners) {
  const box = { left: Infinity, right: -1, top: Infinity, bottom: -1 };
  for (let row = 0; row < grid.rows; row += 1) {
    const span = spanAt(corners, (row + 0.5) * grid.cellY);
    if (!span) continue;
    const from = Math.max(0, Math.ceil(span.left / grid.cellX - 0.5));
    const to = Math.min(grid.columns - 1, Math.floor(span.right / grid.cellX - 0.5));
    for (let column = from; column <= to; column += 1) {
      const index = row * grid.columns + column;
      if (seen[index]) continue;
      seen[index] = 1;
      extend(box, row, column);
    }
  }
  return box.right < 0 ? null : boxOf(box);
}

/** Where a level line crosses a convex outline: {left, right}, null where it does not. */
function spanAt(corners, y) {
  let left = Infinity;
  let right = -Infinity;
  corners.forEach((from, i) => {
    const to = corners[(i + 1) % corners.length];
    if ((from.y < y) === (to.y < y)) return;
    const x = from.x + ((y - from.y) * (to.x - from.x)) / (to.y - from.y);
    left = Math.min(left, x);
    right = Math.max(right, x);
  });
  return left <= right ? { left, right } : null;
}

function extend(box, row, column) {
  box.left = Math.min(box.left, column);
  box.right = Math.max(box.right, column);
  box.top = Math.min(box.top, row);
  box.bottom = Math.max(box.bottom, row);
}

function boxOf({ left, right, top, bottom }) {
  return { x: left, y: top, columns: right - left + 1, rows: bottom - top + 1 };
}

/** The box around two boxes; either may be null. */
export function boxAroundBoth(a, b) {
  if (!a || !b) return a ?? b;
  return boxOf({
    left: Math.min(a.x, b.x),
    right: Math.max(a.x + a.columns, b.x + b.columns) - 1,
    top: Math.min(a.y, b.y),
    bottom: Math.max(a.y + a.rows, b.y + b.rows) - 1,
  });
}

/** Tissue px in each cell. mask: {columns, rows, bytes} of the tissue; sidePx: mask px per cell. */
export function tissueWeights(mask, grid, sidePx) {
  const weights = new Uint32Array(grid.columns * grid.rows);
  for (let y = 0; y < mask.rows; y += 1) {
    const start = Math.floor(y / sidePx) * grid.columns;
    for (let x = 0; x < mask.columns; x += 1) {
      if (mask.bytes[y * mask.columns + x] >= 128) weights[start + Math.floor(x / sidePx)] += 1;
    }
  }
  return weights;
}

/** The share of tissue never looked at, in [0, 1]; null where there is no tissue. */
export function unseenShare(seen, weights) {
  let all = 0;
  let unseen = 0;
  for (let i = 0; i < weights.length; i += 1) {
    all += weights[i];
    if (!seen[i]) unseen += weights[i];
  }
  return all ? unseen / all : null;
}

/**
 * The largest unseen part: unseen tissue cells that touch, corners included, with the most tissue.
 * Gives {weight, cells: their indices}, the first in reading order among equals; null if all is seen.
 */
export function largestUnseen(seen, weights, grid) {
  const isWaiting = Uint8Array.from(weights, (weight, i) => Number(weight > 0 && !seen[i]));
  let largest = null;
  for (let index = 0; index < isWaiting.length; index += 1) {
    if (!isWaiting[index]) continue;
    const part = partFrom(index, isWaiting, weights, grid);
    if (!largest || part.weight > largest.weight) largest = part;
  }
  return largest;
}

function partFrom(start, isWaiting, weights, grid) {
  const cells = [start];
  isWaiting[start] = 0;
  let weight = 0;
  for (let at = 0; at < cells.length; at += 1) {
    const index = cells[at];
    weight += weights[index];
    const column = index % grid.columns;
    const row = (index - column) / grid.columns;
    for (let y = Math.max(0, row - 1); y <= Math.min(grid.rows - 1, row + 1); y += 1) {
      for (let x = Math.max(0, column - 1); x <= Math.min(grid.columns - 1, column + 1); x += 1) {
        const next = y * grid.columns + x;
        if (!isWaiting[next]) continue;
        isWaiting[next] = 0;
        cells.push(next);
      }
    }
  }
  return { weight, cells };
}

/**
 * Where to look next: the cell of a part round which a view shows the most unseen tissue, as the
 * level-0 point in its middle. size: {width, height} of the upright view in level-0 px.
 */
export function bestLook(part, seen, weights, grid, size) {
  const sums = summed(seen, weights, grid);
  const reach = {
    x: Math.max(0, Math.floor(size.width / grid.cellX / 2 - 0.5)),
    y: Math.max(0, Math.floor(size.height / grid.cellY / 2 - 0.5)),
  };
  let best = { sum: -1, index: part.cells[0] };
  for (const index of part.cells) {
    const sum = windowSum(sums, grid, index, reach);
    if (sum > best.sum || (sum === best.sum && index < best.index)) best = { sum, index };
  }
  const column = best.index % grid.columns;
  const row = (best.index - column) / grid.columns;
  return { x: (column + 0.5) * grid.cellX, y: (row + 0.5) * grid.cellY };
}

/** Sums of unseen tissue above and left of every corner of the grid (Crow 1984). */
function summed(seen, weights, { columns, rows }) {
  const wide = columns + 1;
  const sums = new Float64Array(wide * (rows + 1));
  for (let row = 0; row < rows; row += 1) {
    let line = 0;
    for (let column = 0; column < columns; column += 1) {
      const index = row * columns + column;
      line += seen[index] ? 0 : weights[index];
      sums[(row + 1) * wide + column + 1] = sums[row * wide + column + 1] + line;
    }
  }
  return sums;
}

function windowSum(sums, { columns, rows }, index, reach) {
  const wide = columns + 1;
  const column = index % columns;
  const row = (index - column) / columns;
  const left = Math.max(0, column - reach.x);
  const right = Math.min(columns, column + reach.x + 1);
  const top = Math.max(0, row - reach.y);
  const bottom = Math.min(rows, row + reach.y + 1);
  return sums[bottom * wide + right] - sums[top * wide + right] - sums[bottom * wide + left]
    + sums[top * wide + left];
}
