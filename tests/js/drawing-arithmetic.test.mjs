import assert from "node:assert/strict";
import { test } from "node:test";
import * as arithmetic from "../../static/js/drawing/arithmetic.js";

const square = (x, y, side) => [[[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]]];
const { areaOf } = arithmetic;
const HOLLOW = arithmetic.difference(square(0, 0, 100), square(40, 40, 20));

test("a hole that is cut out is a hole of its polygon", () => {
  assert.equal(HOLLOW.length, 1);
  assert.equal(HOLLOW[0].length, 2);
  assert.equal(areaOf(HOLLOW), 9600);
});

test("overlaps count once, whichever way the rings run", () => {
  const clockwise = [[[...square(5, 0, 10)[0][0]].reverse()]];
  assert.equal(areaOf(arithmetic.united([square(0, 0, 10), clockwise])), 150);
  assert.equal(areaOf(arithmetic.intersection(square(0, 0, 10), clockwise)), 50);
  assert.deepEqual(arithmetic.united([]), []);
});

test("coordinates are whole eighths of a pixel", () => {
  const [[ring]] = arithmetic.united([[[[[0.1, 0.06], [9.99, 0], [5, 8.7]]]]]);
  assert.ok(ring.flat().every((value) => Number.isInteger(value * 8)), JSON.stringify(ring));
});

test("parts that touch in a point stay apart, and holes that touch split what they enclose", () => {
  assert.equal(arithmetic.united([square(0, 0, 10), square(10, 10, 10)]).length, 2);
  const diamond = [[[[50, 0], [100, 50], [50, 100], [0, 50]]]]; // reaches all four sides
  assert.equal(arithmetic.difference(square(0, 0, 100), diamond).length, 4);
});

test("slivers under a square pixel are gone, holes as well as parts", () => {
  assert.equal(areaOf(arithmetic.united([[[[[0, 0], [40, 0], [40, 0.5]]]]])), 10);
  assert.deepEqual(arithmetic.united([square(0, 0, 0.75)]), []);
  assert.equal(arithmetic.difference(square(0, 0, 9), square(4, 4, 0.5))[0].length, 1);
});

test("a lasso that crosses itself takes in all it goes round", () => {
  const bow = arithmetic.repaired([[[[0, 0], [10, 10], [10, 0], [0, 10]]]]);
  assert.equal(bow.length, 2);
  assert.equal(areaOf(bow), 50);
  const twice = [...square(0, 0, 10)[0][0], ...square(0, 0, 10)[0][0]];
  assert.equal(areaOf(arithmetic.repaired([[twice]])), 100);
  assert.deepEqual(arithmetic.repaired([[[[0, 0], [10, 10]]]]), []);
});

test("a hole that leaves its outer ring is cut at it", () => {
  const mended = arithmetic.repaired([[square(0, 0, 10)[0][0], square(5, 0, 10)[0][0]]]);
  assert.equal(areaOf(mended), 50);
});

test("a brush covers a round-ended band, at any radius", () => {
  for (const radius of [0.6, 3, 50, 20000]) {
    const dab = areaOf(arithmetic.stroke([[1000, 1000]], radius));
    assert.ok(Math.abs(dab / (Math.PI * radius ** 2) - 1) < 0.2 / radius + 0.02, `${radius}: ${dab}`);
    const band = areaOf(arithmetic.stroke([[0, 0], [100 * radius, 0]], radius));
    const whole = (Math.PI + 200) * radius ** 2;
    assert.ok(Math.abs(band / whole - 1) < 0.2 / radius + 0.005, `${radius}: ${band} of ${whole}`);
  }
});

test("a stroke that closes on itself leaves a hole", () => {
  const round = Array.from({ length: 40 }, (_, i) => [Math.cos(i / 6) * 100, Math.sin(i / 6) * 100]);
  const band = arithmetic.stroke(round, 10);
  assert.equal(band.length, 1);
  assert.equal(band[0].length, 2);
});

test("a knife right through parts the region, holes and all", () => {
  const pieces = arithmetic.splitBy(HOLLOW, [[50, -10], [50, 110]]);
  assert.equal(pieces.length, 2);
  assert.deepEqual(pieces.map(areaOf), [4800, 4800]);
  assert.ok(pieces.every(([rings]) => rings.length === 1));
});

test("a knife that ends inside, or only reaches a hole, cuts nothing off", () => {
  for (const end of [20, 50]) {
    const [piece, ...others] = arithmetic.splitBy(HOLLOW, [[50, -10], [50, end]]);
    assert.equal(others.length, 0);
    assert.equal(areaOf(piece), 9600);
    assert.equal(piece[0].length, 2);
  }
});

test("a knife that comes round to itself cuts a piece out of the middle", () => {
  const loop = [[10, 10], [30, 10], [30, 30], [10, 30], [10, 10]];
  const pieces = arithmetic.splitBy(HOLLOW, loop);
  assert.deepEqual(pieces.map(areaOf), [9200, 400]);
  assert.equal(pieces[0][0].length, 3);
});

test("parts that the knife leaves whole stay with the largest piece", () => {
  const pieces = arithmetic.splitBy([...HOLLOW, ...square(200, 0, 10)], [[-5, 20], [105, 20]]);
  assert.deepEqual(pieces.map(areaOf), [7600 + 100, 2000]);
});

test("an outline is clipped to its slide", () => {
  const slide = { width: 100, height: 50 };
  assert.equal(areaOf(arithmetic.clippedTo(square(-10, 40, 30), slide)), 200);
  assert.deepEqual(arithmetic.clippedTo(square(200, 200, 30), slide), []);
});

test("a simpler outline keeps the shape within the tolerance", () => {
  const circle = arithmetic.stroke([[0, 0]], 1000);
  const simple = arithmetic.simplified(circle, 20);
  assert.ok(simple[0][0].length < circle[0][0].length);
  assert.ok(Math.abs(areaOf(simple) / areaOf(circle) - 1) < 0.04);
  assert.equal(areaOf(arithmetic.simplified(HOLLOW, 2)), 9600);
});
