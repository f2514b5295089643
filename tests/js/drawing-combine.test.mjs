import assert from "node:assert/strict";
import { test } from "node:test";
import * as combine from "../../static/js/drawing/combine.js";
import { Drawing } from "../../static/js/drawing/document.js";
import { featureOf, makeRegion } from "../../static/js/drawing/features.js";
import { areaOf } from "../../static/js/drawing/shapes.js";

const SLIDE = { width: 100, height: 80 };

function box(left, top, right, bottom) {
  return [[[[left, top], [right, top], [right, bottom], [left, bottom]]]];
}

function drawingOf(...regions) {
  const drawing = new Drawing(SLIDE);
  drawing.load(regions.map(featureOf));
  return drawing;
}

const one = makeRegion({ id: "one", label: "tumour", polygons: box(0, 0, 20, 20) });
const two = makeRegion({ id: "two", label: "tumour", polygons: box(30, 0, 50, 20) });
const other = makeRegion({ id: "other", label: "normal", polygons: box(10, 10, 40, 30) });

test("held keys choose the mode, else the switch does", () => {
  assert.equal(combine.modeOf({ shiftKey: true }, "new"), "add");
  assert.equal(combine.modeOf({ altKey: true }, "new"), "subtract");
  assert.equal(combine.modeOf({ altKey: true, ctrlKey: true }, "new"), "intersect");
  assert.equal(combine.modeOf({}, "subtract"), "subtract");
  assert.equal(combine.modeOf(null, "add"), "add");
});

test("a fitting shape is as it was drawn", () => {
  const { polygons, isCrossing, isCut } = combine.fitted(box(10, 10, 30, 20), SLIDE, 4);
  assert.deepEqual([areaOf(polygons), isCrossing, isCut], [200, false, false]);
});

test("a shape that crosses itself is made valid and says so", () => {
  const bow = [[[[10, 10], [30, 30], [30, 10], [10, 30]]]];
  const { polygons, isCrossing } = combine.fitted(bow, SLIDE, 4);
  assert.deepEqual([polygons.length, areaOf(polygons), isCrossing], [2, 200, true]);
});

test("what sticks out of the slide is cut, what lies beside it or is too small refused", () => {
  const cut = combine.fitted(box(-10, 10, 10, 20), SLIDE, 4);
  assert.deepEqual([areaOf(cut.polygons), cut.isCut], [100, true]);
  assert.deepEqual(combine.fitted(box(-20, 10, -10, 20), SLIDE, 4), { refusal: "outside" });
  assert.deepEqual(combine.fitted(box(10, 10, 11, 11), SLIDE, 4), { refusal: "small" });
});

test("an area acts on the chosen regions that it touches, else on all of its label", () => {
  const drawing = drawingOf(one, two, other);
  const ids = (...given) => combine.touched(drawing, box(15, 5, 35, 15), ...given).map(({ id }) => id).sort();
  assert.deepEqual(ids(new Set(["other"]), "tumour"), ["other"]);
  assert.deepEqual(ids(new Set(), "tumour"), ["one", "two"]);
  assert.deepEqual(ids(new Set(["gone"])), ["one", "other", "two"]);
});

test("adding makes one region of all that is touched; the first keeps its id", () => {
  const [kept, gone] = combine.asAdded(box(15, 0, 35, 20), [one, two]);
  assert.deepEqual([kept.id, areaOf(kept.after.polygons)], ["one", 1000]);
  assert.deepEqual([gone.id, gone.after], ["two", null]);
});

test("subtracting leaves a hole, and nothing of what is covered", () => {
  const [holed] = combine.asSubtracted(box(5, 5, 15, 15), [one]);
  assert.equal(holed.after.polygons[0].length, 2);
  const [gone] = combine.asSubtracted(box(-1, -1, 21, 21), [one]);
  assert.equal(gone.after, null);
});

test("intersecting keeps what is covered", () => {
  const [within] = combine.asIntersected(box(10, 10, 40, 40), [one]);
  assert.equal(areaOf(within.after.polygons), 100);
});
