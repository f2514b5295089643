import assert from "node:assert/strict";
import { test } from "node:test";
import * as shapes from "../../static/js/drawing/shapes.js";

const OUTER = [[0, 0], [10, 0], [10, 10], [0, 10]];
const HOLE = [[4, 4], [4, 6], [6, 6], [6, 4]];
const HOLLOW = [[OUTER, HOLE]];

test("area, outline and bounds know of holes", () => {
  assert.equal(shapes.areaOf(HOLLOW), 96);
  assert.equal(shapes.perimeterOf(HOLLOW), 48);
  assert.deepEqual(shapes.boundsOf(HOLLOW), { minX: 0, minY: 0, maxX: 10, maxY: 10 });
  assert.equal(shapes.vertexCount(HOLLOW), 8);
  assert.equal(shapes.signedArea(HOLE), -4);
});

test("a line is as long as its parts", () => {
  assert.equal(shapes.lengthOf([[0, 0], [3, 4], [3, 10]]), 11);
  assert.equal(shapes.lengthOf([[5, 5]]), 0);
});

test("a point in a hole is outside", () => {
  assert.ok(shapes.containsPoint(HOLLOW, { x: 2, y: 5 }));
  assert.ok(!shapes.containsPoint(HOLLOW, { x: 5, y: 5 }));
  assert.ok(!shapes.containsPoint(HOLLOW, { x: 12, y: 5 }));
  assert.ok(shapes.containsPoint([HOLLOW[0], [HOLE.map(([x, y]) => [x + 20, y])]], { x: 25, y: 5 }));
});

test("the nearest vertex and edge may be those of a hole", () => {
  assert.deepEqual(shapes.nearestVertex(HOLLOW, { x: 4, y: 4.5 }), {
    polygon: 0, ring: 1, vertex: 0, distance: 0.5,
  });
  assert.deepEqual(shapes.nearestEdge(HOLLOW, { x: 3, y: 5 }), {
    polygon: 0, ring: 1, edge: 0, point: { x: 4, y: 5 }, distance: 1,
  });
  assert.equal(shapes.nearestEdge(HOLLOW, { x: 0, y: 5 }).edge, 3, "the edge that closes the ring");
  assert.equal(shapes.nearestEdge([], { x: 0, y: 0 }), null);
});

test("the longest diameter is that of the farthest two points", () => {
  let seed = 7;
  const draw = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 400; round += 1) {
    const span = round % 2 ? 6 : 1000; // small whole numbers bring parallel edges and equal points
    const points = Array.from({ length: 1 + (round % 40) }, () =>
      [draw() * span, draw() * span].map(round % 2 ? Math.round : (value) => value),
    );
    const found = shapes.longestDiameter([[points]]);
    let length = 0;
    for (const [x, y] of points) {
      for (const [u, v] of points) length = Math.max(length, Math.hypot(u - x, v - y));
    }
    assert.equal(found.length, length, JSON.stringify(points));
    assert.equal(Math.hypot(found.to[0] - found.from[0], found.to[1] - found.from[1]), length);
  }
  assert.equal(shapes.longestDiameter([]), null);
});
