import assert from "node:assert/strict";
import { test } from "node:test";
import { intersection, areaOf, repaired } from "../../static/js/drawing/arithmetic.js";
import { thinned, within } from "../../static/js/drawing/thinning.js";

let seed = 5;
const draw = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

function star(vertices, centre) {
  return Array.from({ length: vertices }, (_, i) => {
    const angle = (2 * Math.PI * i) / vertices;
    const far = 300 + 600 * draw();
    return [centre + far * Math.cos(angle), centre + far * Math.sin(angle)];
  });
}

test("what is seen within a box stays just as it is", () => {
  for (let round = 0; round < 200; round += 1) {
    const ring = star(40, 1000);
    const [x, y, side] = [2000 * draw(), 2000 * draw(), 50 + 900 * draw()];
    const box = { minX: x, minY: y, maxX: x + side, maxY: y + side };
    const view = [[[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]]];
    const near = within(ring, box);
    const seen = areaOf(intersection(repaired([[ring]]), view));
    const painted = near ? areaOf(intersection(repaired([[near]]), view)) : 0;
    assert.ok(Math.abs(seen - painted) < 1e-3 * side ** 2 + 1, `${seen} became ${painted}`);
  }
});

test("little is left of what lies beyond a box", () => {
  const box = { minX: 5000, minY: 0, maxX: 6000, maxY: 1000 };
  assert.equal(within(star(4000, 1000), box), null);
  const corner = { minX: 900, minY: 900, maxX: 1010, maxY: 1010 };
  assert.ok(within(star(4000, 1000), corner).length < 20);
});

test("vertices nearer than a distance are left out, the shape stays", () => {
  const circle = Array.from({ length: 1000 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 1000;
    return [100 * Math.cos(angle), 100 * Math.sin(angle)];
  });
  const few = thinned(circle, 10);
  assert.ok(few.length > 50 && few.length < 64);
  assert.ok(Math.abs(areaOf([[few]]) / areaOf([[circle]]) - 1) < 0.01);
  assert.equal(thinned(circle, 1000), null);
  assert.deepEqual(thinned([[0, 0], [1, 0], [1, 1]], 50), [[0, 0], [1, 0], [1, 1]]);
});
