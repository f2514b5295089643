// Where things are: screen, level 0 and grid cell. Points are {x, y}; cells are {row, column}.

const HALF = 0.5;

/** Nearest integer, halves to the even one, as Python's round does on the server. */
export function roundHalfEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== HALF) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Upper left corner of a cell in level-0 px, rounded as the patch reader rounds it. */
export function cellCorner(cell, sideL0) {
  return { x: roundHalfEven(cell.column * sideL0), y: roundHalfEven(cell.row * sideL0) };
}

/** The cell that holds a level-0 point; null outside the grid. */
export function cellAt(point, grid) {
  const column = Math.floor(point.x / grid.sideL0);
  const row = Math.floor(point.y / grid.sideL0);
  const inside = column >= 0 && row >= 0 && column < grid.columns && row < grid.rows;
  return inside ? { row, column } : null;
}

/** Index of a cell in the row-major array of the grid. */
export function cellIndex(cell, grid) {
  return cell.row * grid.columns + cell.column;
}

/**
 * The affine map from level-0 px to screen px, from where three level-0 points fall on the screen.
 * origin, right, down: screen points of (0, 0), (span, 0), (0, span) in level-0 px.
 * Gives {a, b, c, d, e, f} in the order of CanvasRenderingContext2D.setTransform.
 */
export function affine(origin, right, down, span) {
  return {
    a: (right.x - origin.x) / span,
    b: (right.y - origin.y) / span,
    c: (down.x - origin.x) / span,
    d: (down.y - origin.y) / span,
    e: origin.x,
    f: origin.y,
  };
}

/** A map from level-0 px becomes one from grid units: cell (0, 0) is the unit square at 0, 0. */
export function scaled(map, factor) {
  return {
    a: map.a * factor,
    b: map.b * factor,
    c: map.c * factor,
    d: map.d * factor,
    e: map.e,
    f: map.f,
  };
}

/** Screen px per unit of the map's source. */
export function scaleOf(map) {
  return Math.hypot(map.a, map.b);
}

/** Where a source point falls on the screen. */
export function apply(map, point) {
  return {
    x: map.a * point.x + map.c * point.y + map.e,
    y: map.b * point.x + map.d * point.y + map.f,
  };
}

/** The longest of 1, 2, 5 times a power of ten um that fits into maxPx screen px. */
export function scaleBar(umPerPx, maxPx) {
  if (!(umPerPx > 0) || !(maxPx > 0)) return null;
  const room = umPerPx * maxPx;
  const decade = 10 ** Math.floor(Math.log10(room));
  const lengthUm = [5, 2, 1].map((step) => step * decade).find((um) => um <= room * (1 + 1e-9));
  return { lengthUm, px: lengthUm / umPerPx, label: lengthLabel(lengthUm) };
}

/** A length in um in the unit that reads best. */
export function lengthLabel(um) {
  if (um >= 1000) return `${trimmed(um / 1000)} mm`;
  if (um < 1) return `${trimmed(um * 1000)} nm`;
  return `${trimmed(um)} µm`;
}

/** An area in um2 in the unit that reads best; null where it is unknown. */
export function areaLabel(um2) {
  if (um2 === null || Number.isNaN(um2)) return null;
  if (um2 === 0) return "0 mm²";
  return um2 < 1e4 ? `${Math.round(um2).toLocaleString("en")} µm²` : `${trimmed(um2 / 1e6)} mm²`;
}

/** Objective magnification that shows a given um per screen px; 0.25 um/px is 40x. */
export function magnification(umPerPx) {
  return umPerPx > 0 ? 10 / umPerPx : null;
}

/** A magnification as a pathologist writes it: 20x, 2.5x, 0.6x. */
export function magnificationLabel(value) {
  if (value === null) return null;
  return `${value >= 10 ? Math.round(value) : trimmed(value, 2)}×`;
}

function trimmed(value, digits = 3) {
  return Number(value.toPrecision(digits)).toString();
}
