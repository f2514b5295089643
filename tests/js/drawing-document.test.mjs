import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { Drawing } from "../../static/js/drawing/document.js";
import { featureOf, makeRegion, newId, regionOf } from "../../static/js/drawing/features.js";
import { describe, labelOfWire, LABELS } from "../../static/js/drawing/labels.js";

globalThis.crypto ??= webcrypto; // node 18 keeps it aside

const SIZE = { width: 1000, height: 800 };
const square = (x, y, side) => [[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]];

function region(id, x, y, side, label = "tumour") {
  return makeRegion({ id, label, polygons: [square(x, y, side)] });
}

function drawingOf(...regions) {
  const drawing = new Drawing(SIZE);
  drawing.load(regions.map(featureOf));
  return drawing;
}

function heard(drawing) {
  const told = [];
  drawing.addEventListener("change", ({ detail }) => told.push(detail));
  return told;
}

function move(drawing, id, after) {
  return drawing.apply([{ id, before: drawing.get(id), after }], "Move");
}

test("labels have a key each and are known by their wire names", () => {
  assert.deepEqual(LABELS.map(({ label }) => label), ["tumour", "normal", "artefact", "ignore"]);
  assert.equal(labelOfWire("Ignore*"), "ignore");
  assert.equal(describe("artefact").key, "shift+3");
  assert.throws(() => describe("tumor"), /"tumor" is unknown; use one of tumour, normal/);
});

test("a feature becomes a region and the same feature again", () => {
  const feature = {
    type: "Feature",
    id: "r4-0",
    geometry: { type: "Polygon", coordinates: [[[0, 0], [8, 0], [8, 8.125], [0, 0]]] },
    properties: {
      objectType: "annotation",
      classification: { name: "Tumor", color: [200, 0, 0] },
      name: "left",
      origin: { prediction: 3, version: "v1", threshold: 0.5, form: "smoothed" },
    },
  };
  const made = regionOf(feature);
  assert.deepEqual(made.polygons, [[[[0, 0], [8, 0], [8, 8.125]]]]);
  assert.ok(Object.isFrozen(made));
  assert.deepEqual(featureOf(made), feature);
});

test("points and many polygons keep their kind", () => {
  const point = makeRegion({ id: "p", label: "normal", point: [3, 4] });
  assert.deepEqual(featureOf(point).geometry, { type: "Point", coordinates: [3, 4] });
  const two = makeRegion({ id: "m", label: "ignore", polygons: [square(0, 0, 4), square(9, 9, 4)] });
  assert.equal(featureOf(two).geometry.type, "MultiPolygon");
  assert.deepEqual(regionOf(featureOf(two)), two);
});

test("what cannot be a region is refused with its reason", () => {
  const line = { id: "l", geometry: { type: "LineString" }, properties: { classification: { name: "Tumor" } } };
  assert.throws(() => regionOf(line), /not a LineString/);
  assert.throws(() => makeRegion({ id: "e", label: "tumour" }), /neither polygons nor a point/);
});

test("ids are new each time, also without a safe context", () => {
  const { randomUUID } = crypto;
  assert.notEqual(newId(), newId());
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  Object.defineProperty(crypto, "randomUUID", { value: randomUUID, configurable: true });
});

test("loading tells what came and what went", () => {
  const drawing = drawingOf(region("a", 0, 0, 10));
  const told = heard(drawing);
  drawing.load([featureOf(region("b", 5, 5, 10))]);
  assert.deepEqual([...drawing.regions.keys()], ["b"]);
  assert.equal(told[0].origin, "load");
  assert.deepEqual(told[0].changes.map(({ id }) => id), ["a", "b"]);
});

test("a step is undone and done again, with the very same regions", () => {
  const drawing = drawingOf(region("a", 0, 0, 10));
  const told = heard(drawing);
  const [before, after] = [drawing.get("a"), region("a", 50, 50, 10)];
  move(drawing, "a", after);
  assert.equal(drawing.get("a"), after);
  assert.equal(drawing.nextUndo, "Move");
  drawing.undo();
  assert.equal(drawing.get("a"), before);
  assert.deepEqual([drawing.canUndo, drawing.canRedo], [false, true]);
  drawing.redo();
  assert.equal(drawing.get("a"), after);
  assert.deepEqual(told.map(({ origin }) => origin), ["mine", "undo", "redo"]);
  assert.deepEqual(told[1].changes, [{ id: "a", before: after, after: before }]);
});

test("a new step ends what could be done again", () => {
  const drawing = drawingOf(region("a", 0, 0, 10));
  move(drawing, "a", region("a", 1, 0, 10));
  drawing.undo();
  move(drawing, "a", region("a", 2, 0, 10));
  assert.equal(drawing.redo(), null);
});

test("ten thousand steps can all be taken back", () => {
  const drawing = drawingOf();
  for (let i = 0; i < 10000; i += 1) {
    drawing.apply([{ id: `r${i}`, before: null, after: region(`r${i}`, i % 900, 0, 10) }], "Draw");
  }
  while (drawing.canUndo) drawing.undo();
  assert.equal(drawing.regions.size, 0);
  assert.deepEqual(drawing.idsIn({ minX: 0, minY: 0, maxX: 1000, maxY: 800 }), []);
});

test("what another person changed is not ours to undo", () => {
  const drawing = drawingOf(region("a", 0, 0, 10), region("b", 100, 0, 10));
  move(drawing, "a", region("a", 1, 0, 10));
  move(drawing, "b", region("b", 101, 0, 10));
  const theirs = region("a", 2, 0, 10);
  const told = heard(drawing);
  drawing.receive([{ id: "a", after: theirs }]);
  assert.equal(told[0].origin, "theirs");
  drawing.undo();
  assert.equal(drawing.canUndo, false);
  assert.equal(drawing.get("a"), theirs);
  assert.deepEqual(drawing.boundsOf("b"), { minX: 100, minY: 0, maxX: 110, maxY: 10 });
});

test("ours steps aside where another person was quicker, and nothing is lost", () => {
  const drawing = drawingOf(region("a", 0, 0, 10));
  const before = drawing.get("a");
  const theirs = region("a", 2, 0, 10);
  drawing.receive([{ id: "a", after: theirs }]);
  const [made] = drawing.apply([{ id: "a", before, after: region("a", 3, 0, 10) }], "Move");
  assert.equal(drawing.get("a"), theirs);
  assert.equal(made.partedFrom, "a");
  assert.deepEqual(drawing.get(made.id).polygons, [square(3, 0, 10)]);
});

test("ours does not remove what another person has changed", () => {
  const drawing = drawingOf(region("a", 0, 0, 10));
  const before = drawing.get("a");
  drawing.receive([{ id: "a", after: region("a", 2, 0, 10) }]);
  assert.deepEqual(drawing.apply([{ id: "a", before, after: null }], "Delete"), []);
  assert.ok(drawing.get("a"));
});

test("regions are found by place, the smallest first", () => {
  const hollow = makeRegion({
    id: "hollow",
    label: "tumour",
    polygons: [[square(200, 200, 100)[0], square(220, 220, 60)[0]]],
  });
  const drawing = drawingOf(region("big", 0, 0, 100), region("small", 20, 20, 10, "normal"), hollow);
  assert.equal(drawing.at({ x: 25, y: 25 }), "small");
  assert.deepEqual(drawing.allAt({ x: 25, y: 25 }), ["small", "big"]);
  assert.equal(drawing.at({ x: 103, y: 50 }), null);
  assert.equal(drawing.at({ x: 103, y: 50 }, 4), "big");
  assert.equal(drawing.at({ x: 250, y: 250 }), null, "a hole is not the region");
  assert.deepEqual(drawing.idsIn({ minX: 150, minY: 150, maxX: 210, maxY: 210 }), ["hollow"]);
});

test("a point is found within the tolerance only", () => {
  const drawing = drawingOf(makeRegion({ id: "p", label: "tumour", point: [10, 10] }));
  assert.equal(drawing.at({ x: 13, y: 14 }, 5), "p");
  assert.equal(drawing.at({ x: 14, y: 14 }, 5), null);
});

test("what has no outline is left out and counted; the rest is there", () => {
  const odd = (id, geometry) => ({ ...featureOf(region(id, 0, 0, 10)), geometry });
  const drawing = new Drawing(SIZE);
  const unreadable = drawing.load([
    odd("a", { type: "Polygon", coordinates: [] }),
    odd("b", { type: "Polygon", coordinates: [[]] }),
    odd("c", { type: "MultiPolygon", coordinates: [] }),
    odd("d", { type: "MultiPolygon", coordinates: [[]] }),
    odd("e", { type: "Polygon", coordinates: null }),
    odd("f", { type: "Point", coordinates: [] }),
    odd("g", null),
    featureOf(region("h", 100, 100, 10)),
  ]);
  assert.equal(unreadable, 7);
  assert.deepEqual([...drawing.regions.keys()], ["h"]);
  assert.equal(drawing.at({ x: 105, y: 105 }), "h");
});
