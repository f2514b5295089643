import assert from "node:assert/strict";
import { test } from "node:test";
import * as vertices from "../../static/js/drawing/vertices.js";

const OUTER = [[0, 0], [10, 0], [10, 10], [0, 10]];
const HOLE = [[2, 2], [2, 4], [4, 4]];
const POLYGONS = [[OUTER, HOLE], [[[20, 0], [30, 0], [30, 10]]]];

const corner = (polygon, ring, vertex) => ({ polygon, ring, vertex });

test("a vertex is moved and the rest left, the old polygons too", () => {
  const moved = vertices.withMoved(POLYGONS, corner(0, 1, 0), [1, 1]);
  assert.deepEqual(moved[0][1], [[1, 1], [2, 4], [4, 4]]);
  assert.equal(moved[1], POLYGONS[1]);
  assert.deepEqual(POLYGONS[0][1], HOLE);
});

test("a vertex is put in before a corner, at the end of a ring too", () => {
  const added = vertices.withAdded(POLYGONS, corner(1, 0, 3), [25, 8]);
  assert.deepEqual(added[1][0], [[20, 0], [30, 0], [30, 10], [25, 8]]);
});

test("a hole that loses one of three vertices is gone, an outer ring takes its polygon along", () => {
  assert.deepEqual(vertices.withRemoved(POLYGONS, corner(0, 0, 1))[0][0].length, 3);
  assert.deepEqual(vertices.withRemoved(POLYGONS, corner(0, 1, 2))[0], [OUTER]);
  assert.deepEqual(vertices.withRemoved(POLYGONS, corner(1, 0, 0)), [POLYGONS[0]]);
});

test("corners follow each other through all rings and round", () => {
  assert.deepEqual(vertices.cornerAfter(POLYGONS, null, 1), corner(0, 0, 0));
  assert.deepEqual(vertices.cornerAfter(POLYGONS, corner(0, 0, 3), 1), corner(0, 1, 0));
  assert.deepEqual(vertices.cornerAfter(POLYGONS, corner(0, 1, 2), 1), corner(1, 0, 0));
  assert.deepEqual(vertices.cornerAfter(POLYGONS, corner(0, 0, 0), -1), corner(1, 0, 2));
});

test("the places beside a corner lie on its ring", () => {
  assert.deepEqual(vertices.besides(POLYGONS, corner(0, 0, 0)), [[0, 10], [10, 0]]);
  assert.deepEqual(vertices.placeOf(POLYGONS, corner(0, 1, 1)), [2, 4]);
  assert.equal(vertices.placeOf(POLYGONS, corner(0, 5, 1)), null);
});

test("a shifted shape is the same shape elsewhere", () => {
  assert.deepEqual(vertices.shifted(POLYGONS, 1, -2)[0][1], [[3, 0], [3, 2], [5, 2]]);
});
