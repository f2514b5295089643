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

const STAGE = { width: 800, height: 600 };
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
const closeTo = (point, { x, y }) => (close(point.x, x), close(point.y, y));

test("the middle of the view stays in the middle, turned or mirrored", () => {
  for (const rotation of [0, 33.3, 90, -270, 725]) {
    for (const isFlipped of [false, true]) {
      const view = { centre: { x: 0.3, y: 0.7 }, zoom: 2.5, rotation, isFlipped };
      const map = geometry.level0ToScreen(view, STAGE, 4000);
      closeTo(geometry.apply(map, { x: 1200, y: 2800 }), { x: 400, y: 300 });
      close(geometry.scaleOf(map), (2.5 * 800) / 4000);
    }
  }
});

test("a quarter turn to the right brings the slide's right to the bottom", () => {
  const map = geometry.level0ToScreen(
    { centre: { x: 0, y: 0 }, zoom: 1, rotation: 90 }, STAGE, 800,
  );
  assert.deepEqual(geometry.apply(map, { x: 100, y: 0 }), { x: 400, y: 400 });
  assert.deepEqual(geometry.apply(map, { x: 0, y: 100 }), { x: 300, y: 300 });
  assert.equal(geometry.scaleOf(geometry.scaled(map, 299)), 299);
});

test("a mirrored view swaps left and right of the screen, whatever the turn", () => {
  const view = { centre: { x: 0.2, y: 0.1 }, zoom: 3, rotation: 40 };
  const plain = geometry.level0ToScreen(view, STAGE, 5000);
  const mirrored = geometry.level0ToScreen({ ...view, isFlipped: true }, STAGE, 5000);
  const point = { x: 1111, y: 222 };
  const { x, y } = geometry.apply(plain, point);
  closeTo(geometry.apply(mirrored, point), { x: 800 - x, y });
});

test("a map and its inverse meet, for points and for steps", () => {
  const view = { centre: { x: 0.2, y: 0.1 }, zoom: 3, rotation: 40, isFlipped: true };
  const map = geometry.level0ToScreen(view, STAGE, 5000);
  const back = geometry.inverse(map);
  closeTo(geometry.apply(back, geometry.apply(map, { x: 17, y: 4000 })), { x: 17, y: 4000 });
  closeTo(geometry.applyToStep(back, geometry.applyToStep(map, { x: -3, y: 8 })), { x: -3, y: 8 });
});

test("what the stage shows has four corners, and lies in a box", () => {
  const map = geometry.level0ToScreen(
    { centre: { x: 0.5, y: 0.5 }, zoom: 1, rotation: 90 }, STAGE, 800,
  );
  assert.deepEqual(geometry.boxAround(geometry.cornersOf(map, STAGE)), {
    minX: 100, minY: 0, maxX: 700, maxY: 800,
  });
});

test("tiles at the far edge end where their level does", () => {
  const size = { width: 1000, height: 700 };
  assert.equal(geometry.lastZoomLevel(size), 10);
  assert.deepEqual(geometry.tileAt({ x: 999, y: 699 }, size, 9, 256), { column: 1, row: 1 });
  assert.deepEqual(geometry.tileBox({ column: 1, row: 1 }, size, 9, 256), {
    minX: 512, minY: 512, maxX: 1000, maxY: 700,
  });
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

test("labels write their numbers as the language does", () => {
  assert.equal(geometry.scaleBar(0.00025, 1000, "de").label, "200 nm");
  assert.equal(geometry.lengthLabel(1234, "de"), "1,23 mm");
  assert.equal(geometry.areaLabel(5280.4, "de"), "5.280 µm²");
  assert.equal(geometry.magnificationLabel(2.5, "de"), "2,5×");
});
