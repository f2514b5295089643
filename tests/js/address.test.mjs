import assert from "node:assert/strict";
import { test } from "node:test";
import { format, parse } from "../../static/js/viewer/address.js";

const VIEW = {
  x: 1200.25, y: 900, width: 4000, rotation: 90, threshold: 0.62, opacity: 0.7,
  layers: { truth: true, probability: true, agreement: false, unassessed: false },
  prediction: 12, palette: "inferno",
};

test("an address gives back the view it was made of", () => {
  assert.equal(format(VIEW), "x=1200.25&y=900&w=4000&r=90&t=0.62&o=0.7&l=tp&p=12&c=inferno");
  assert.deepEqual(parse(`#${format(VIEW)}`), VIEW);
});

test("no layers is a choice too", () => {
  const none = { truth: false, probability: false, agreement: false, unassessed: false };
  assert.equal(format({ layers: none }), "l=0");
  assert.deepEqual(parse("#l=0").layers, none);
});

test("nonsense in an address is left out", () => {
  assert.deepEqual(parse("#x=abc&t=7&w=-3&p=1;drop&c=<b>"), {});
  assert.deepEqual(parse(""), {});
});

test("a mirrored view says so; the others say nothing", () => {
  assert.equal(format({ rotation: 40, isFlipped: true }), "r=40&m=1");
  assert.equal(format({ rotation: 40, isFlipped: false }), "r=40");
  assert.equal(parse("#r=40&m=1").isFlipped, true);
  assert.equal(parse("#r=40").isFlipped, undefined);
});
