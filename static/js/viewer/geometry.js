// Where things are. This module alone converts between the frames of a slide; it knows no browser.
//
//   screen    px of the viewer's element, y down
//   viewport  OpenSeadragon's units: the slide is 1 wide, its height in proportion
//   level 0   px of the slide as scanned; every stored point is in it
//   level     px of a coarser level: level 0 divided by the level's scale
//   cell      {row, column} of a grid of patches
//
// Points are {x, y}. A map is {a, b, c, d, e, f} as CanvasRenderingContext2D.setTransform takes it.

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
 * The map from viewport units to the screen.
 * view: {centre: viewport point in the middle, zoom: stage widths per slide width, rotation:
 * degrees clockwise, isFlipped: mirrored left to right after the turn}; stage: {width, height}.
 */
export function viewportToScreen({ centre, zoom, rotation = 0, isFlipped = false }, stage) {
  const px = zoom * stage.width;
  const [cos, sin] = turn(rotation);
  const side = isFlipped ? -1 : 1;
  const linear = { a: side * px * cos, b: px * sin, c: side * -px * sin, d: px * cos };
  return {
    ...linear,
    e: stage.width / 2 - linear.a * centre.x - linear.c * centre.y,
    f: stage.height / 2 - linear.b * centre.x - linear.d * centre.y,
  };
}

/** The map from level-0 px to the screen, for a slide so many level-0 px wide. */
export function level0ToScreen(view, stage, widthL0) {
  return scaled(viewportToScreen(view, stage), 1 / widthL0);
}

/** A level-0 point in viewport units. */
export function toViewport(point, widthL0) {
  return { x: point.x / widthL0, y: point.y / widthL0 };
}

/** A viewport point in level-0 px. */
export function fromViewport(point, widthL0) {
  return { x: point.x * widthL0, y: point.y * widthL0 };
}

/** The zoom at which so many level-0 px fill the width of a stage. */
export function zoomOf(widthL0, shownL0) {
  return widthL0 / shownL0;
}

/** Cosine and sine of degrees, exact at right angles. */
function turn(degrees) {
  const quarter = (((degrees / 90) % 4) + 4) % 4;
  if (Number.isInteger(quarter)) return [[1, 0], [0, 1], [-1, 0], [0, -1]][quarter];
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
}

/** The map that undoes a map. */
export function inverse({ a, b, c, d, e, f }) {
  const area = a * d - b * c;
  return {
    a: d / area,
    b: -b / area,
    c: -c / area,
    d: a / area,
    e: (c * f - d * e) / area,
    f: (b * e - a * f) / area,
  };
}

/** A difference of two points through a map: turned and scaled, not shifted. */
export function applyToStep(map, { x, y }) {
  return { x: map.a * x + map.c * y, y: map.b * x + map.d * y };
}

/** The axis-parallel box {minX, minY, maxX, maxY} round points. */
export function boxAround(points) {
  const x = points.map((point) => point.x);
  const y = points.map((point) => point.y);
  return { minX: Math.min(...x), minY: Math.min(...y), maxX: Math.max(...x), maxY: Math.max(...y) };
}

/** The four corners of a stage in the frame a screen map comes from, clockwise from top left. */
export function cornersOf(map, { width, height }) {
  const back = inverse(map);
  const corners = [[0, 0], [width, 0], [width, height], [0, height]];
  return corners.map(([x, y]) => apply(back, { x, y }));
}

/** Level-0 px per level px in x and y: a whole number wherever rounding explains the size. */
export function levelScale(sizeL0, size) {
  const whole = roundHalfEven((sizeL0.width / size.width + sizeL0.height / size.height) / 2);
  const isExplained = ["width", "height"].every((side) => {
    const share = sizeL0[side] / whole;
    return size[side] === Math.floor(share) || size[side] === Math.ceil(share);
  });
  if (isExplained) return { x: whole, y: whole };
  return { x: sizeL0.width / size.width, y: sizeL0.height / size.height };
}

/** The level px nearest to a level-0 point; scale as `levelScale` gives it. */
export function toLevel(point, scale) {
  return { x: roundHalfEven(point.x / scale.x), y: roundHalfEven(point.y / scale.y) };
}

/** The level-0 point at which a level px begins. */
export function fromLevel(point, scale) {
  return { x: point.x * scale.x, y: point.y * scale.y };
}

/** The finest Deep Zoom level of a slide; level 0 of Deep Zoom is 1 px. */
export function lastZoomLevel({ width, height }) {
  return Math.max(0, Math.ceil(Math.log2(Math.max(width, height))));
}

/** Level-0 px per px of a Deep Zoom level. */
export function zoomLevelScale(size, level) {
  return 2 ** (lastZoomLevel(size) - level);
}

/** The tile of a Deep Zoom level that holds a level-0 point: {column, row}. */
export function tileAt(point, size, level, tilePx) {
  const side = zoomLevelScale(size, level) * tilePx;
  return { column: Math.floor(point.x / side), row: Math.floor(point.y / side) };
}

/** The level-0 box of a Deep Zoom tile; the last ones end where the slide's level does. */
export function tileBox({ column, row }, size, level, tilePx) {
  const scale = zoomLevelScale(size, level);
  const end = (index, side) => Math.min((index + 1) * tilePx, Math.ceil(side / scale)) * scale;
  return {
    minX: column * tilePx * scale,
    minY: row * tilePx * scale,
    maxX: end(column, size.width),
    maxY: end(row, size.height),
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
export function scaleBar(umPerPx, maxPx, language = "en") {
  if (!(umPerPx > 0) || !(maxPx > 0)) return null;
  const room = umPerPx * maxPx;
  const decade = 10 ** Math.floor(Math.log10(room));
  const lengthUm = [5, 2, 1].map((step) => step * decade).find((um) => um <= room * (1 + 1e-9));
  return { lengthUm, px: lengthUm / umPerPx, label: lengthLabel(lengthUm, language) };
}

/** A length in um in the unit that reads best, its number as the language writes it. */
export function lengthLabel(um, language = "en") {
  if (um >= 1000) return `${trimmed(um / 1000, language)} mm`;
  if (um < 1) return `${trimmed(um * 1000, language)} nm`;
  return `${trimmed(um, language)} µm`;
}

/** An area in um2 in the unit that reads best; null where it is unknown. */
export function areaLabel(um2, language = "en") {
  if (um2 === null || Number.isNaN(um2)) return null;
  if (um2 === 0) return "0 mm²";
  if (um2 < 1e4) return `${Math.round(um2).toLocaleString(language)} µm²`;
  return `${trimmed(um2 / 1e6, language)} mm²`;
}

/** Objective magnification that shows a given um per screen px; 0.25 um/px is 40x. */
export function magnification(umPerPx) {
  return umPerPx > 0 ? 10 / umPerPx : null;
}

/** A magnification as a pathologist writes it: 20x, 2.5x, 0.6x. */
export function magnificationLabel(value, language = "en") {
  if (value === null) return null;
  return `${value >= 10 ? Math.round(value) : trimmed(value, language, 2)}×`;
}

function trimmed(value, language, digits = 3) {
  return value.toLocaleString(language, { maximumSignificantDigits: digits });
}
