import assert from "node:assert/strict";
import { test } from "node:test";
import { apply } from "../../static/js/viewer/geometry.js";
import * as linking from "../../static/js/reader/linking.js";

const ALL = { pan: true, zoom: true, rotation: true };
const LOOK = { x: 4000, y: 2500, scale: 0.5, rotation: 30, isFlipped: false };

function near(actual, expected, tolerance = 1e-6) {
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value === "number") assert.ok(Math.abs(actual[name] - value) < tolerance, `${name}: ${actual[name]}, expected ${value}`);
    else assert.equal(actual[name], value, name);
  }
}

test("a viewer of the same slide takes what is linked to the last bit, and only that", () => {
  const leader = { look: LOOK, placement: linking.SAME };
  const other = { look: { x: 1, y: 2, scale: 3, rotation: 90, isFlipped: true }, placement: linking.SAME };
  assert.deepEqual(linking.followed(leader, other, ALL), LOOK);
  assert.deepEqual(linking.followed(leader, other, { pan: true }), { ...other.look, x: 4000, y: 2500 });
  assert.deepEqual(linking.followed(leader, other, { zoom: true }), { ...other.look, scale: 0.5 });
  assert.deepEqual(linking.followed(leader, other, { rotation: true }), {
    ...other.look, rotation: 30, isFlipped: false,
  });
});

test("a look becomes a map and comes back out of it, turned and mirrored", () => {
  for (const isFlipped of [false, true]) {
    for (const rotation of [0, 37, 90, 180, 271.5]) {
      const map = linking.mapOf({ ...LOOK, rotation, isFlipped });
      near(apply(map, LOOK), { x: 0, y: 0 });
      near(linking.partsOf(map), { scale: 0.5, rotation, isFlipped });
    }
  }
});

test("clockwise is clockwise, and a mirror swaps left and right as seen", () => {
  const right = { x: LOOK.x + 10, y: LOOK.y };
  near(apply(linking.mapOf({ ...LOOK, rotation: 90 }), right), { x: 0, y: 5 });
  near(apply(linking.mapOf({ ...LOOK, rotation: 0, isFlipped: true }), right), { x: -5, y: 0 });
});

test("slides nobody lined up lie middle on middle at their true size", () => {
  const page = { width: 1000, height: 800, mpp: 0.25 };
  const placement = linking.placedByMiddles({ width: 200, height: 100, mpp: 0.5 }, page);
  near(apply(placement, { x: 100, y: 50 }), { x: 500, y: 400 });
  near(apply(placement, { x: 110, y: 50 }), { x: 520, y: 400 });
  const unknown = linking.placedByMiddles({ width: 200, height: 100, mpp: null }, page);
  near(apply(unknown, { x: 110, y: 50 }), { x: 510, y: 400 });
});

test("lined up as seen, the other keeps its offset, its turn and the um per screen px", () => {
  const leader = { look: LOOK, placement: linking.SAME, mpp: 0.25 };
  const seen = { x: 700, y: 300, scale: 2, rotation: 120, isFlipped: false };
  const other = { look: seen, placement: linking.SAME, mpp: 0.5 };
  const placement = linking.placedAsSeen(leader, other);
  near(linking.carried(LOOK, linking.SAME, placement), { x: 700, y: 300 });
  const now = linking.followed(leader, { look: seen, placement }, ALL);
  near(now, { x: 700, y: 300, scale: 1, rotation: 120, isFlipped: false });
  const turned = { ...leader, look: { ...LOOK, x: LOOK.x + 100, rotation: 40, scale: 0.25 } };
  const moved = linking.followed(turned, { look: now, placement }, ALL);
  near(moved, { scale: 0.5, rotation: 130, isFlipped: false });
  near(Object(moved), { x: 700, y: 300 - 50 }); // the other is a quarter turn further
});

test("a mirrored neighbour turns the other way and stays the mirror image", () => {
  const leader = { look: { ...LOOK, rotation: 0 }, placement: linking.SAME, mpp: 0.25 };
  const seen = { x: 700, y: 300, scale: 0.5, rotation: 0, isFlipped: true };
  const placement = linking.placedAsSeen(leader, { look: seen, placement: linking.SAME, mpp: 0.25 });
  const turned = { ...leader, look: { ...leader.look, rotation: 90, x: LOOK.x + 8 } };
  near(linking.followed(turned, { look: seen, placement }, ALL), {
    x: 692, y: 300, rotation: 270, isFlipped: true,
  });
});

test("without a pixel size the ratio that is seen is kept", () => {
  const leader = { look: LOOK, placement: linking.SAME, mpp: null };
  const seen = { x: 0, y: 0, scale: 2, rotation: 30, isFlipped: false };
  const placement = linking.placedAsSeen(leader, { look: seen, placement: linking.SAME, mpp: 0.5 });
  const closer = { ...leader, look: { ...LOOK, scale: 1 } };
  near(linking.followed(closer, { look: seen, placement }, ALL), { scale: 4, x: 0, y: 0 });
});

test("whoever leads, the way there and back ends where it began", () => {
  const placement = linking.placedAsSeen(
    { look: LOOK, placement: linking.SAME, mpp: 0.25 },
    { look: { x: 9, y: 8, scale: 1, rotation: 77, isFlipped: true }, placement: linking.SAME, mpp: 0.3 },
  );
  const there = linking.followed({ look: LOOK, placement: linking.SAME }, { look: LOOK, placement }, ALL);
  near(linking.followed({ look: there, placement }, { look: LOOK, placement: linking.SAME }, ALL), LOOK);
});

test("a placement survives the address, and nonsense is no placement", () => {
  const placement = { a: 0.5, b: 0.25, c: -0.25, d: 0.5, e: 1234.5678, f: -9 };
  near(linking.placementOf(linking.wordsOf(placement)), placement);
  for (const words of [null, "", "1,2,3", "a,b,c,d,e,f", "0,0,0,0,1,1", "1,1,1,1,0,0", "1e9,0,0,1e9,0,0"]) {
    assert.equal(linking.placementOf(words), null, words);
  }
});
