import assert from "node:assert/strict";
import { test } from "node:test";
import { rateWords, sizeWords, timeWords } from "../../static/js/pages/upload-words.js";
import { decimals, filled, significant, wholeNumber } from "../../static/js/words.js";
import { box, labelOf, polygons } from "../../static/js/maps/outlines.js";

test("sizes are told in the unit that reads best", () => {
  assert.equal(sizeWords(512), "512 B");
  assert.equal(sizeWords(1_938_955), "1.9 MB");
  assert.equal(sizeWords(2_345_000_000), "2.3 GB");
});

test("no rate before something was sent", () => {
  assert.equal(rateWords(0), "");
  assert.equal(rateWords(Number.NaN), "");
  assert.equal(rateWords(2_500_000), "2.5 MB/s");
});

test("times are told as people say them", () => {
  assert.equal(timeWords(41.6), "42 s");
  assert.equal(timeWords(200), "3 min 20 s");
  assert.equal(timeWords(7500), "2 h 5 min");
});

test("an outline is tumour unless it says otherwise", () => {
  assert.equal(labelOf({ properties: { classification: { name: "Tumor" } } }), "tumour");
  assert.equal(labelOf({ properties: { label: "ignore" } }), "ignore");
  assert.equal(labelOf({}), "tumour");
});

test("points and lines hold no polygons", () => {
  assert.deepEqual(polygons({ type: "Point", coordinates: [1, 2] }), []);
  assert.deepEqual(polygons(null), []);
  assert.equal(polygons({ type: "MultiPolygon", coordinates: [[[]], [[]]] }).length, 2);
});

test("the box of a ring holds all its points", () => {
  assert.deepEqual(box([[4, 9], [10, 2], [6, 3]]), { x: 4, y: 2, width: 6, height: 7 });
});

test("numbers are written as the page's language writes them", (context) => {
  assert.deepEqual([decimals(0.5), decimals(1234.5, 1), wholeNumber(12345)], ["0.500", "1,234.5", "12,345"]);
  globalThis.document = { documentElement: { lang: "de" } };
  context.after(() => delete globalThis.document);
  assert.deepEqual([decimals(0.5), decimals(1234.5, 1), wholeNumber(12345)], ["0,500", "1.234,5", "12.345"]);
  assert.deepEqual([significant(0.486, 2), significant(2, 3)], ["0,49", "2,00"]);
});

test("a figure that does not exist is a dash", () => {
  assert.deepEqual([decimals(null), decimals(undefined), decimals(Number.NaN)], ["–", "–", "–"]);
});

test("values go into the places that a sentence names", () => {
  assert.equal(filled("%(n)s of %(all)s, %(n)s", { n: 1, all: 3 }), "1 of 3, 1");
});
