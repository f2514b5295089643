import assert from "node:assert/strict";
import { test } from "node:test";
import { areaOf } from "../../static/js/drawing/arithmetic.js";
import { lesionAt } from "../../static/js/drawing/wand.js";

const GRID = { columns: 6, rows: 5, sideL0: 10 };
const SLIDE = { width: 60, height: 50 };

function lesion(picture, cell, form, { grid = GRID, size = SLIDE } = {}) {
  const called = picture.join("");
  return lesionAt(grid, (index) => called[index] === "#", cell, form, size);
}

const RING = ["......", ".###..", ".#.#..", ".###..", "....#."];

test("true cells are the edges of the cells, with the hole and the cell at the corner", () => {
  const found = lesion(RING, { row: 1, column: 1 }, "true cells");
  assert.equal(areaOf(found), 9 * 100);
  assert.deepEqual(found.map((rings) => rings.length).sort(), [1, 2]);
});

test("the smoothed form goes through the middles and keeps the hole", () => {
  const found = lesion(RING, { row: 1, column: 1 }, "smoothed");
  assert.ok(found.some((rings) => rings.length === 2));
  assert.ok(areaOf(found) < 900 && areaOf(found) > 700, String(areaOf(found)));
});

test("only cells that touch are taken, and none where the cell is not called", () => {
  const two = ["##....", "......", "...##.", "......", "......"];
  assert.equal(areaOf(lesion(two, { row: 2, column: 3 }, "true cells")), 200);
  assert.deepEqual(lesion(two, { row: 1, column: 1 }, "true cells"), []);
  assert.deepEqual(lesion(two, { row: -1, column: 1 }, "true cells"), []);
});

test("a lesion ends where the slide ends", () => {
  const edge = ["....##", "....##", "......", "......", "......"];
  const found = lesion(edge, { row: 0, column: 5 }, "true cells", { size: { width: 55, height: 50 } });
  assert.equal(areaOf(found), 15 * 20);
});

test("cells of a side that is no whole number are met to an eighth of a pixel", () => {
  const grid = { ...GRID, sideL0: 10.3 };
  const found = lesion(RING, { row: 1, column: 1 }, "true cells", { grid, size: { width: 70, height: 70 } });
  assert.ok(Math.abs(areaOf(found) - 9 * 10.3 ** 2) < 8 * 10.3 * 0.125);
});

test("a form that does not exist is refused", () => {
  assert.throws(() => lesion(RING, { row: 1, column: 1 }, "round"), /use one of true cells, smoothed/);
});
