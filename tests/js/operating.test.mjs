import assert from "node:assert/strict";
import test from "node:test";

import { atOrAbove, countsAt, forBudget, forRecall, reviewTime, shortest, stopAt } from "../../static/js/pages/operating.js";

const none = [[0, null, null], [0, null, null], [0, null, null]];
const NUMBERS = {
  floor: 0.05,
  slides: 4,
  false: [0.75, 0.5, 0.5, 0.25],
  lesions: { macro: [0.875], micro: [0.5, 0.375, 0], itc: [0.625] },
  scores: { tumour: [0.875, 0.5], normal: [0.75, -1] },
  stops: [0.875, 0.5, 0.25],
  edges: { sensitivity: [[1, 0.1, 0.6], [2, 0.2, 0.8], [3, 0.3, 0.9]], false_per_slide: none, tumour_slides: none, normal_slides: none },
};

test("values at or above a cut, ties and ends included", () => {
  assert.deepEqual([1, 0.75, 0.5, 0.4, 0].map((cut) => atOrAbove(NUMBERS.false, cut)), [0, 1, 3, 3, 4]);
  assert.equal(atOrAbove([], 0.5), 0);
});

test("everything is counted at a threshold; a lesion that nothing lies on is never found", () => {
  const { found, findings, figures } = countsAt(NUMBERS, 0.5);
  assert.deepEqual(found, { itc: 1, micro: 1, macro: 1 });
  assert.equal(findings, 6);
  assert.deepEqual(figures.sensitivity, { count: 2, n: 4, value: 0.5, low: 0.2, high: 0.8 });
  assert.deepEqual([figures.false_per_slide.value, figures.tumour_slides.count, figures.normal_slides.count], [0.75, 2, 1]);
  assert.equal(countsAt({ ...NUMBERS, floor: 0 }, 0).found.micro, 2);
});

test("an interval is that of the very same count, or none", () => {
  assert.equal(countsAt(NUMBERS, 0.6).figures.sensitivity.low, 0.1); // one found, as at the stop above
  assert.equal(countsAt({ ...NUMBERS, stops: [0.875, 0.4, 0.25] }, 0.5).figures.sensitivity.low, null);
  assert.equal(countsAt(NUMBERS, 0.9).figures.sensitivity.low, null);
  assert.deepEqual([0.9, 0.875, 0.5, 0.3, 0.1].map((cut) => stopAt(NUMBERS.stops, cut)), [-1, 0, 1, 1, 2]);
});

test("a recall is the highest threshold that reaches it", () => {
  assert.equal(forRecall(NUMBERS, 0.5), 0.5);
  assert.equal(forRecall(NUMBERS, 0.51), 0.375);
  assert.equal(forRecall(NUMBERS, 0.01), 0.875);
  assert.equal(forRecall(NUMBERS, 0.76), null); // nothing lies on the fourth
  const many = { ...NUMBERS, lesions: { macro: [], itc: [], micro: Array.from({ length: 20 }, (_, k) => 1 - k / 32) } };
  assert.equal(forRecall(many, 0.95), 1 - 18 / 32);
});

test("a budget is the lowest threshold that keeps to it", () => {
  assert.equal(forBudget(NUMBERS, 0), 0.875);
  assert.equal(forBudget(NUMBERS, 0.25), 0.625); // isolated tumour cells, found at no cost
  assert.equal(forBudget(NUMBERS, 0.5), 0.625); // two false findings tie
  assert.equal(forBudget(NUMBERS, 0.75), 0.375);
  assert.equal(forBudget(NUMBERS, 5), 0.25);
  assert.equal(forBudget({ ...NUMBERS, lesions: { macro: [], micro: [], itc: [] }, scores: { tumour: [], normal: [] } }, 0), null);
});

test("review takes seconds for each slide and each finding", () => {
  assert.deepEqual(reviewTime(NUMBERS, 6, { perSlide: 60, perFinding: 10 }), { all: 300, each: 75 });
  assert.deepEqual(reviewTime({ slides: 0 }, 0, { perSlide: 60, perFinding: 10 }), { all: null, each: null });
});

test("a threshold is named by as few digits as single precision needs", () => {
  assert.equal(shortest(Math.fround(0.7)), "0.7");
  const odd = Math.fround(0.123456789);
  assert.equal(Math.fround(Number(shortest(odd))), odd);
});
