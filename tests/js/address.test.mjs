import assert from "node:assert/strict";
import { test } from "node:test";
import { format, parse } from "../../static/js/viewer/address.js";

const NONE = {
  truth: false, probability: false, agreement: false, versions: false, unassessed: false,
  regions: false, tissue: false, seen: false,
};
const FILLED = Object.fromEntries(Object.keys(NONE).map((name) => [name, "heat"]));
const VIEW = {
  x: 1200.25, y: 900, width: 4000, rotation: 90, threshold: 0.62, otherThreshold: 0.4, opacity: 0.7,
  layers: { ...NONE, truth: true, versions: true, tissue: true, seen: true },
  styles: { ...FILLED, truth: "outline", tissue: "outline" },
  form: "smoothed", prediction: 12, other: 9, palette: "inferno",
};

test("an address gives back the view it was made of", () => {
  assert.equal(
    format(VIEW),
    "x=1200.25&y=900&w=4000&r=90&t=0.62&u=0.4&o=0.7&l=tvis&s=ti&f=s&p=12&q=9&c=inferno",
  );
  assert.deepEqual(parse(`#${format(VIEW)}`), VIEW);
});

test("no layers is a choice too, and so is every layer filled", () => {
  assert.equal(format({ layers: NONE, styles: FILLED }), "l=0&s=0");
  assert.deepEqual(parse("#l=0&s=0"), { layers: NONE, styles: FILLED });
});

test("an address of fewer layers leaves the look of the others to the page", () => {
  const { layers, ...rest } = parse("#l=tp&t=0.5");
  assert.deepEqual(layers, { ...NONE, truth: true, probability: true });
  assert.deepEqual(rest, { threshold: 0.5 });
});

test("nonsense in an address is left out", () => {
  assert.deepEqual(parse("#x=abc&t=7&u=-1&w=-3&p=1;drop&q=x&c=<b>&f=z"), {});
  assert.deepEqual(parse(""), {});
});

test("a mirrored view says so; the others say nothing", () => {
  assert.equal(format({ rotation: 40, isFlipped: true }), "r=40&m=1");
  assert.equal(format({ rotation: 40, isFlipped: false }), "r=40");
  assert.equal(parse("#r=40&m=1").isFlipped, true);
  assert.equal(parse("#r=40").isFlipped, undefined);
});
