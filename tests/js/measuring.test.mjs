import assert from "node:assert/strict";
import { test } from "node:test";
import { allWords, crossesItself, figuresOf, shortWords, sourceWords } from "../../static/js/measuring/figures.js";
import { Measures } from "../../static/js/measuring/measures.js";

const at = (...pairs) => pairs.map(([x, y]) => ({ x, y }));
const RULER = { kind: "length", points: at([0, 0], [300, 400], [300, 1400]) };
const BOX = { kind: "area", points: at([0, 0], [0, 400], [300, 400], [300, 0]) };
const BOW = { kind: "area", points: at([0, 0], [10, 10], [10, 0], [0, 10]) };

test("a ruler tells the length of its whole line", () => {
  assert.deepEqual(figuresOf(RULER, 0.5), { length: 750 });
  assert.equal(shortWords(RULER, { length: 750 }), "750 µm");
  assert.deepEqual(allWords(RULER, { length: 1234.56 }), [["Length", "1,235\u00a0µm · 1.235\u00a0mm"]]);
});

test("an area tells size, perimeter and longest diameter, whichever way it was drawn", () => {
  const turned = { ...BOX, points: BOX.points.toReversed?.() ?? [...BOX.points].reverse() };
  for (const each of [BOX, turned]) {
    const { area, perimeter, diameter, ends } = figuresOf(each, 0.5);
    assert.deepEqual([area, perimeter, diameter], [30000, 700, 250]);
    assert.equal(Math.hypot(ends[0].x - ends[1].x, ends[0].y - ends[1].y), 500);
  }
  assert.equal(shortWords(BOX, figuresOf(BOX, 0.5)), "0.03 mm²");
  assert.equal(shortWords(BOX, figuresOf(BOX, 0.25)), "7,500 µm²");
});

test("an outline that crosses itself has no area", () => {
  assert.equal(crossesItself([[0, 0], [10, 0], [10, 10], [0, 10]]), false);
  assert.equal(figuresOf(BOW, 1).area, null);
  assert.equal(shortWords(BOW, figuresOf(BOW, 1)), "crosses itself");
});

test("the pixel size says where it is from, or nothing is said", () => {
  assert.equal(sourceWords({ mpp: 0.243, mppSource: "given" }), "1 px = 0.243 µm, as an admin said");
  assert.match(sourceWords({ mpp: 0.25, mppSource: "tiff.XResolution" }), /resolution tag/);
  assert.match(sourceWords({ mpp: 0.25, mppSource: "aperio.MPP" }), /from aperio.MPP/);
  assert.equal(sourceWords({ mpp: null, mppSource: "" }), null);
});

test("measures outlive the page, and nonsense in the store is left out", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, words) => kept.set(key, words) };
  const measures = new Measures("here", storage);
  const first = measures.add(RULER);
  measures.add(BOX);
  measures.move(first.id, 0, { x: 5, y: 5 });
  measures.save();
  assert.deepEqual(new Measures("here", storage).all[0].points[0], { x: 5, y: 5 });
  measures.remove(first.id);
  assert.deepEqual(new Measures("here", storage).all.map(({ id }) => id), [2]);
  for (const nonsense of ["x", "{}", '[{"id":1,"kind":"length","points":[{"x":1,"y":null},{"x":1,"y":2}]}]']) {
    storage.setItem("here", nonsense);
    assert.deepEqual(new Measures("here", storage).all, []);
  }
});
