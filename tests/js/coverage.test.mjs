import assert from "node:assert/strict";
import { test } from "node:test";
import * as coverage from "../../static/js/seen/coverage.js";

const GRID = { columns: 10, rows: 6, cellX: 100, cellY: 100 };

const empty = () => new Uint8Array(60);
const rectangle = (left, top, right, bottom) => [
  { x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom },
];

test("a cell is seen once its middle is in view", () => {
  const seen = empty();
  const box = coverage.lookAt(seen, GRID, rectangle(140, 160, 451, 349));
  assert.deepEqual(box, { x: 1, y: 2, columns: 4, rows: 1 });
  assert.deepEqual([...seen.keys()].filter((i) => seen[i]), [21, 22, 23, 24]);
});

test("only what is new is told, and nothing new is nothing", () => {
  const seen = empty();
  coverage.lookAt(seen, GRID, rectangle(0, 0, 500, 300));
  assert.equal(coverage.lookAt(seen, GRID, rectangle(0, 0, 500, 300)), null);
  assert.deepEqual(coverage.lookAt(seen, GRID, rectangle(0, 0, 700, 300)), { x: 5, y: 0, columns: 2, rows: 3 });
  assert.equal(coverage.lookAt(seen, GRID, rectangle(-900, -900, -100, -100)), null);
});

test("a view that reaches beyond the slide marks what there is", () => {
  const seen = empty();
  coverage.lookAt(seen, GRID, rectangle(-1e6, -1e6, 1e6, 1e6));
  assert.equal(seen.every(Boolean), true);
});

test("a part goes over the wire and comes back", () => {
  const seen = empty();
  coverage.lookAt(seen, GRID, rectangle(240, 140, 660, 460));
  const box = { x: 1, y: 0, columns: 7, rows: 5 };
  const cells = coverage.unpacked(coverage.packed(seen, GRID, box), 35);
  const expected = Array.from({ length: 35 }, (_, i) => seen[Math.floor(i / 7) * 10 + 1 + (i % 7)]);
  assert.deepEqual([...cells], expected);
});

test("boxes that wait are sent as the one around them", () => {
  const a = { x: 1, y: 1, columns: 2, rows: 2 };
  const b = { x: 5, y: 0, columns: 1, rows: 2 };
  assert.deepEqual(coverage.boxAroundBoth(a, b), { x: 1, y: 0, columns: 5, rows: 3 });
  assert.deepEqual(coverage.boxAroundBoth(null, b), b);
  assert.equal(coverage.boxAroundBoth(null, null), null);
});

test("the next look is where most unseen tissue comes into view", () => {
  const seen = empty();
  const weights = new Uint32Array(60).fill(1);
  coverage.lookAt(seen, GRID, rectangle(0, 0, 500, 600));
  const part = coverage.largestUnseen(seen, weights, GRID);
  assert.equal(part.weight, 30);
  const look = coverage.bestLook(part, seen, weights, GRID, { width: 300, height: 300 });
  assert.deepEqual(look, { x: 650, y: 150 });
});

test("without tissue, or with all of it seen, there is nothing left", () => {
  const weights = new Uint32Array(60);
  assert.equal(coverage.unseenShare(empty(), weights), null);
  assert.equal(coverage.largestUnseen(empty(), weights, GRID), null);
  weights[7] = 4;
  assert.equal(coverage.unseenShare(empty(), weights), 1);
  assert.equal(coverage.largestUnseen(empty().fill(1), weights, GRID), null);
});
