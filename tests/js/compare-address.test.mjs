import assert from "node:assert/strict";
import { test } from "node:test";
import { format, parse } from "../../static/js/reader/compare-address.js";

const LINKS = { pan: true, zoom: false, rotation: true, layers: false, threshold: true };
const SIDE = {
  view: { x: 12.5, y: 8, width: 300, rotation: 90 },
  state: { threshold: 0.35, opacity: 0.5, layers: { truth: true, probability: false } },
  placement: null,
};

test("links, the viewer in hand and every viewer's own view come back", () => {
  const placement = { a: 2, b: 0, c: 0, d: 2, e: -5, f: 7 };
  const words = format({ links: LINKS, active: 1, sides: [SIDE, { ...SIDE, placement }] });
  const shown = parse(`#${words}`);
  assert.deepEqual(shown.links, LINKS);
  assert.equal(shown.active, 1);
  assert.equal(shown.sides.length, 2);
  const { x, y, width, rotation, threshold, layers } = shown.sides[0];
  assert.deepEqual({ x, y, width, rotation, threshold }, { x: 12.5, y: 8, width: 300, rotation: 90, threshold: 0.35 });
  assert.equal(layers.truth, true);
  assert.equal(shown.sides[0].placement, null);
  assert.deepEqual(shown.sides[1].placement, placement);
});

test("an empty or broken address says nothing", () => {
  assert.deepEqual(parse(""), { sides: [] });
  assert.equal(parse("#k=0/").links.pan, false);
  assert.equal(parse("#on=9").active, undefined);
});
