import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, viewOf } from "../../static/js/maps/findings.js";

const GRID = { columns: 5, rows: 3 };
const CALLED = new Set([0, 6, 4, 9, 14]); // (0,0) and (1,1) touch by a corner; column 4 is one

test("cells that touch, corners included, are one finding; the largest comes first", () => {
  assert.deepEqual(findings(GRID, (i) => CALLED.has(i)), [
    { cells: 3, x: 4, y: 0, width: 1, height: 3 },
    { cells: 2, x: 0, y: 0, width: 2, height: 2 },
  ]);
});

test("the end of a row does not touch the start of the next", () => {
  assert.equal(findings(GRID, (i) => i === 4 || i === 5).length, 2);
});

test("no call, no finding", () => {
  assert.deepEqual(findings(GRID, () => false), []);
});

test("a finding is shown whole, with room round it", () => {
  const view = viewOf({ x: 4, y: 0, width: 1, height: 3 }, 100, { width: 800, height: 400 });
  assert.deepEqual(view, { x: 450, y: 150, width: 1200 });
});

test("a turned stage needs other room, and a tiny finding is not blown up", () => {
  const finding = { x: 0, y: 0, width: 1, height: 5 };
  assert.equal(Math.round(viewOf(finding, 100, { width: 800, height: 400, rotation: 90 }).width), 1000);
  assert.equal(viewOf({ ...finding, height: 1 }, 10, { width: 800, height: 400 }).width, 800);
});
