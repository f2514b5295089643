import assert from "node:assert/strict";
import { test } from "node:test";
import * as geometry from "../../static/js/viewer/geometry.js";

const GRID = { columns: 4, rows: 3, sideL0: 149.5 };

test("a corner rounds as the patch reader does, halves to even", () => {
  assert.deepEqual(geometry.cellCorner({ row: 1, column: 3 }, 149.5), { x: 448, y: 150 });
  assert.equal(geometry.roundHalfEven(2.5), 2);
  assert.equal(geometry.roundHalfEven(3.5), 4);
  assert.equal(geometry.roundHalfEven(2.6), 3);
});

test("a point lies in the cell that starts at or before it", () => {
  assert.deepEqual(geometry.cellAt({ x: 149.4, y: 0 }, GRID), { row: 0, column: 0 });
  assert.deepEqual(geometry.cellAt({ x: 149.5, y: 299 }, GRID), { row: 2, column: 1 });
});

test("a point outside the grid lies in no cell", () => {
  assert.equal(geometry.cellAt({ x: 598, y: 0 }, GRID), null);
  assert.equal(geometry.cellAt({ x: -1, y: 0 }, GRID), null);
});

test("three points on the screen give back the map between the frames, turned or not", () => {
  const turned = geometry.affine({ x: 10, y: 20 }, { x: 10, y: 70 }, { x: -40, y: 20 }, 100);
  assert.deepEqual(geometry.apply(turned, { x: 100, y: 0 }), { x: 10, y: 70 });
  assert.deepEqual(geometry.apply(turned, { x: 0, y: 100 }), { x: -40, y: 20 });
  assert.equal(geometry.scaleOf(turned), 0.5);
  assert.equal(geometry.scaleOf(geometry.scaled(turned, 299)), 149.5);
});

test("the scale bar is the longest round length that fits", () => {
  assert.deepEqual(geometry.scaleBar(0.25, 160), { lengthUm: 20, px: 80, label: "20 µm" });
  assert.equal(geometry.scaleBar(12.5, 160).label, "2 mm");
  assert.equal(geometry.scaleBar(0.5, 100).lengthUm, 50);
});

test("no pixel size, no scale bar", () => {
  assert.equal(geometry.scaleBar(null, 160), null);
  assert.equal(geometry.magnification(null), null);
  assert.equal(geometry.magnificationLabel(null), null);
});

test("magnification is named as on the objective", () => {
  assert.equal(geometry.magnificationLabel(geometry.magnification(0.25)), "40×");
  assert.equal(geometry.magnificationLabel(geometry.magnification(4)), "2.5×");
});

test("areas choose the unit that reads best", () => {
  assert.equal(geometry.areaLabel(5280.4), "5,280 µm²");
  assert.equal(geometry.areaLabel(1_230_000), "1.23 mm²");
  assert.equal(geometry.areaLabel(0), "0 mm²");
  assert.equal(geometry.areaLabel(null), null);
});
