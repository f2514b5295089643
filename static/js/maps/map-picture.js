// A probability map as small canvases of one pixel per cell, ready to be laid over tissue.

import { CLASS, NOT_ASSESSED, agreement, alphaMask, colour, cut, outline } from "./heatmap.js";
import { tally } from "./counts.js";
import { ramp } from "./palettes.js";

const BELOW_THRESHOLD = 0.22;

export class MapPicture {
  /** grid: {columns, rows, sideL0}. values, truth: bytes per cell; truth null where unknown. */
  constructor(grid, values, truth, tumourBar) {
    Object.assign(this, { grid, values, truth, tumourBar });
    this.tally = tally(values, truth, tumourBar);
    this.heat = this.#canvas();
    this.called = this.#canvas();
    this.unassessed = this.#canvas();
    this.classes = { hit: this.#canvas(), falseAlarm: this.#canvas(), miss: this.#canvas() };
    this.#write(this.unassessed, (rgba) => alphaMask(values, (v) => v === NOT_ASSESSED, rgba));
  }

  /** Redraw for a threshold and a palette: well under a frame for 100,000 cells. */
  refresh({ threshold, palette }) {
    const bar = cut(threshold);
    const style = { colours: ramp(palette), threshold, below: BELOW_THRESHOLD };
    this.#write(this.heat, (rgba) => colour(this.values, style, rgba));
    this.#write(this.called, (rgba) => alphaMask(this.values, (v) => v >= bar, rgba));
    this.border = outlinePath(outline(this.grid, (i) => this.values[i] >= bar));
    if (this.truth) this.#refreshClasses(threshold);
  }

  #refreshClasses(threshold) {
    const classes = agreement(this.values, this.truth, { threshold, tumourBar: this.tumourBar });
    const kinds = { hit: CLASS.TP, falseAlarm: CLASS.FP, miss: CLASS.FN };
    for (const [name, kind] of Object.entries(kinds)) {
      this.#write(this.classes[name], (rgba) => alphaMask(classes, (c) => c === kind, rgba));
    }
    this.wrongBorder = outlinePath(
      outline(this.grid, (i) => classes[i] === CLASS.FN || classes[i] === CLASS.FP),
    );
  }

  #canvas() {
    return new OffscreenCanvas(this.grid.columns, this.grid.rows);
  }

  #write(canvas, fill) {
    const pixels = new ImageData(canvas.width, canvas.height);
    fill(pixels.data);
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }
}

function outlinePath(segments) {
  const path = new Path2D();
  for (const [x0, y0, x1, y1] of segments) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
  return path;
}
