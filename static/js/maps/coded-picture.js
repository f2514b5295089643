// Cells with a code each, as a small canvas of one pixel per cell, as stencils, borders and groups
// of the cells of a set. Nothing is made before it is asked for, nor made twice.

import { cellBorders, contour } from "./borders.js";
import { classColours, paintCodes } from "./coloured.js";
import { groupsOf } from "./findings.js";
import { CLASSES, classCounts, histogramOf } from "./classes.js";

export class CodedPicture {
  /**
   * grid: {columns, rows, sideL0}. codes: one number per cell. isSmoothed: its borders run between
   * the centres of the cells instead of along them.
   */
  constructor(grid, codes, { isSmoothed = false } = {}) {
    Object.assign(this, { grid, codes, isSmoothed });
    this.canvases = new Map();
  }

  /**
   * Look otherwise from now on. table: class by code. The cells are coloured by colours(): 32-bit
   * colour by code, or by paints: {class: "#rrggbb"}. sets: {name: classes that belong to it}.
   * tints: {name: "#rrggbb"} of sets painted apart.
   */
  select({ table, colours = null, paints = {}, sets, tints = {} }) {
    Object.assign(this, { table, colours, paints, sets, tints });
    this.made = new Map();
  }

  #once(key, make) {
    if (!this.made.has(key)) this.made.set(key, make());
    return this.made.get(key);
  }

  /** The class of every cell. Sets are told apart by it: a look-up of eight, not of every code. */
  get #classes() {
    return this.#once("classes", () => {
      this.classOf ??= new Uint8Array(this.codes.length);
      paintCodes(this.codes, this.table, this.classOf);
      return this.classOf;
    });
  }

  /** The coloured cells. */
  get canvas() {
    return this.#once("canvas", () =>
      this.colours
        ? this.#painted("canvas", this.codes, this.colours())
        : this.#painted("canvas", this.#classes, classColours(this.paints)),
    );
  }

  /** The cells of a set in its tint, all else clear. */
  stencil(name) {
    return this.#once(`stencil ${name}`, () => {
      const paints = Object.fromEntries(this.sets[name].map((each) => [each, this.tints[name]]));
      return this.#painted(name, this.#classes, classColours(paints));
    });
  }

  /** The cells of a set as a Path2D to fill, in grid units: for a set that seldom changes. */
  area(name) {
    return this.#once(`area ${name}`, () => areaOf(this.grid, this.members(name)));
  }

  /** Whether any cell belongs to a set. */
  has(name) {
    this.histogram ??= histogramOf(this.codes, this.table.length);
    const counts = this.#once("counts", () => classCounts(this.histogram, this.table));
    return this.sets[name].some((each) => counts[each] > 0);
  }

  /** 1 or 0 per cell. */
  members(name) {
    return this.#once(`members ${name}`, () => {
      const isIn = new Uint8Array(CLASSES);
      for (const each of this.sets[name]) isIn[each] = 1;
      const members = new Uint8Array(this.codes.length);
      paintCodes(this.#classes, isIn, members);
      return members;
    });
  }

  /** The border of a set as a Path2D in grid units. */
  border(name) {
    return this.#once(`border ${name}`, () =>
      pathOf(this.isSmoothed
        ? contour(this.grid, this.members(name), 0.5)
        : cellBorders(this.grid, this.members(name))),
    );
  }

  /** The groups of touching cells of a set, largest first. */
  groups(name) {
    return this.#once(`groups ${name}`, () => groupsOf(this.grid, this.members(name)));
  }

  /** Canvas and pixels of a picture stay, so that a new threshold needs no new memory. */
  #painted(name, codes, colours) {
    if (!this.canvases.has(name)) this.canvases.set(name, blank(this.grid));
    const { canvas, context, image, pixels } = this.canvases.get(name);
    paintCodes(codes, colours, pixels);
    context.putImageData(image, 0, 0);
    return canvas;
  }
}

function blank({ columns, rows }) {
  const canvas = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  return { canvas, context: canvas.getContext("2d"), image, pixels };
}

/** One rectangle per run of cells in a row. */
function areaOf({ columns, rows }, members) {
  const path = new Path2D();
  for (let row = 0; row < rows; row += 1) {
    let start = -1;
    for (let column = 0; column <= columns; column += 1) {
      const is = column < columns && members[row * columns + column] === 1;
      if (is && start < 0) start = column;
      if (is || start < 0) continue;
      path.rect(start, row, column - start, 1);
      start = -1;
    }
  }
  return path;
}

/** A path of line segments given as x0, y0, x1, y1, one after the other. */
export function pathOf(lines) {
  const path = new Path2D();
  for (let i = 0; i < lines.length; i += 4) {
    path.moveTo(lines[i], lines[i + 1]);
    path.lineTo(lines[i + 2], lines[i + 3]);
  }
  return path;
}
