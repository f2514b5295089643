// The tissue that was found at intake, which decides what a version assesses.

import { CodedPicture } from "./coded-picture.js";

const TISSUE_FROM = 128;

export class TissuePicture {
  /** mask: {columns, rows, bytes}. scale: level-0 px per mask px, {x, y}. colour: "#rrggbb". */
  constructor(mask, scale, colour) {
    this.scale = scale;
    const codes = mask.bytes.map((byte) => Number(byte >= TISSUE_FROM));
    this.cells = new CodedPicture({ columns: mask.columns, rows: mask.rows }, codes);
    this.cells.select({ table: Uint8Array.of(0, 1), paints: { 1: colour }, sets: { tissue: [1] } });
  }
}
