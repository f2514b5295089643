import assert from "node:assert/strict";
import test from "node:test";

import { betterUnder, boxOf, measured, nextAlong, sharedRange, within } from "../../static/js/pages/scatter-points.js";

const SLIDES = [
  { slide: 1, values: { dice: [0.2, 0.8] } },
  { slide: 2, values: { dice: [null, 0.5] } },
  { slide: 3, values: { dice: [0.6, 0.4] } },
];
const POINTS = [
  { slide: 1, x: 10, y: 40 },
  { slide: 2, x: 30, y: 20 },
  { slide: 3, x: 30, y: 60 },
];

test("slides without a figure under both versions are counted, not drawn", () => {
  const { drawn, undrawn } = measured(SLIDES, "dice");
  assert.deepEqual(drawn.map(({ slide, first, second }) => [slide, first, second]), [[1, 0.2, 0.8], [3, 0.6, 0.4]]);
  assert.equal(undrawn, 1);
});

test("both axes share one range, with room at its ends", () => {
  const [low, high] = sharedRange(measured(SLIDES, "dice").drawn, true);
  assert.ok(low < 0.2 && low > 0.1 && high > 0.8 && high < 0.9);
  assert.deepEqual(sharedRange([{ first: 0, second: 1 }], true), [-0.02, 1.02]);
  assert.equal(sharedRange([{ first: 0, second: 9 }], false)[0], 0);
});

test("a box holds what lies in it, however it was drawn", () => {
  const box = boxOf({ x: 35, y: 70 }, { x: 25, y: 20 });
  assert.deepEqual(within(POINTS, box), [2, 3]);
});

test("arrows walk along an axis and stop at its end", () => {
  assert.equal(nextAlong(POINTS, 0, "ArrowRight"), 1);
  assert.equal(nextAlong(POINTS, 1, "ArrowRight"), 2);
  assert.equal(nextAlong(POINTS, 2, "ArrowRight"), 2);
  assert.equal(nextAlong(POINTS, 0, "ArrowUp"), 1);
  assert.equal(nextAlong(POINTS, 0, "ArrowDown"), 2);
  assert.equal(nextAlong(POINTS, 0, "Home"), null);
});

test("fewer false findings are better", () => {
  const { drawn } = measured(SLIDES, "dice");
  assert.deepEqual(betterUnder(drawn, "second"), [1]);
  assert.deepEqual(betterUnder(drawn, "first"), [3]);
  assert.deepEqual(betterUnder(drawn, "first", true), [1]);
});
