import assert from "node:assert/strict";
import { test } from "node:test";
import { EditQueue, gathered, isSame } from "../../static/js/drawing/edit-queue.js";

const square = (id, side, label = "Tumor") => ({
  type: "Feature",
  id,
  geometry: { type: "Polygon", coordinates: [[[0, 0], [side, 0], [side, side], [0, side], [0, 0]]] },
  properties: { objectType: "annotation", classification: { name: label } },
});
const put = (queue, id, side, at = 1) =>
  queue.put({ id, feature: side && square(id, side), isNew: !queue.known.has(id) }, at);
const taken = (queue, key = "k", limit = 100) => queue.take(key, limit)?.changes.map(({ id }) => id);
const theirs = (id, side, sequence) => ({
  ...{ id, feature: side && square(id, side), sequence },
  ...{ by: "Dr. Weber", at: "2026-07-01T14:02:00Z" },
});

test("changes of one region while it waits are one change", () => {
  const queue = new EditQueue();
  queue.learn({ a: 5 });
  put(queue, "a", 10);
  put(queue, "a", 20);
  const { changes } = queue.take("k", 100);
  assert.deepEqual(changes.map(({ id, was, feature }) => [id, was, feature]), [["a", 5, square("a", 20)]]);
});

test("a region that was made and unmade before it was sent leaves no trace", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  put(queue, "a", null);
  assert.equal(queue.waiting, 0);
});

test("a region of the base that was never changed can be deleted", () => {
  const queue = new EditQueue();
  queue.put({ id: "r1-0", feature: null, isNew: false }, 1);
  assert.deepEqual(taken(queue), ["r1-0"]);
});

test("one flight at a time, sent again under the same key", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  const first = queue.take("k1", 100);
  put(queue, "b", 10);
  assert.equal(queue.take("k2", 100), first);
  queue.settle({ sequence: 7, applied: ["a"], conflicts: [] });
  assert.deepEqual(taken(queue, "k2"), ["b"]);
});

test("a change made during the flight follows on what the flight became", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  taken(queue);
  put(queue, "a", 20);
  assert.equal(queue.waiting, 1);
  queue.settle({ sequence: 7, applied: ["a"], conflicts: [] });
  assert.equal(queue.take("k2", 1).changes[0].was, 7);
});

test("a region unmade during its first flight is deleted on the server too", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  taken(queue);
  put(queue, "a", null);
  queue.settle({ sequence: 7, applied: ["a"], conflicts: [] });
  assert.deepEqual(queue.take("k2", 1).changes.map(({ was, feature }) => [was, feature]), [[7, null]]);
});

test("a conflict waits for a person and is then sent over theirs", () => {
  const queue = new EditQueue();
  queue.learn({ a: 5 });
  put(queue, "a", 10);
  put(queue, "b", 10);
  taken(queue);
  queue.settle({ sequence: 8, applied: ["b"], conflicts: [theirs("a", 30, 7)] });
  assert.equal(taken(queue, "k2"), undefined);
  put(queue, "a", 40);
  assert.equal(queue.conflicts[0].conflict.by, "Dr. Weber");
  queue.insist("a");
  const [change] = queue.take("k2", 100).changes;
  assert.deepEqual([change.was, change.feature], [7, square("a", 40)]);
});

test("a conflict follows what the other goes on to do", () => {
  const queue = new EditQueue();
  queue.learn({ a: 5 });
  put(queue, "a", 10);
  taken(queue);
  queue.settle({ sequence: 8, applied: [], conflicts: [theirs("a", 30, 7)] });
  assert.deepEqual(queue.receive([theirs("a", 31, 9)]), []);
  assert.equal(queue.conflicts[0].conflict.sequence, 9);
});

test("two who made the same of a region need not be asked", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  taken(queue);
  queue.settle({ sequence: 8, applied: [], conflicts: [theirs("a", 10, 7)] });
  assert.equal(queue.waiting, 0);
});

test("what others do is shown once, and never over what waits here", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  const shown = queue.receive([theirs("a", 1, 3), theirs("b", 2, 4)]);
  assert.deepEqual(shown.map(({ id }) => id), ["b"]);
  assert.deepEqual(queue.receive([theirs("b", 2, 4)]), []);
  assert.equal(queue.take("k", 1).changes[0].was, 0);
});

test("what followed on ours while its answer was lost is shown in the end", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  taken(queue);
  assert.deepEqual(queue.receive([theirs("a", 10, 7), theirs("a", 30, 9)]), []);
  const shown = queue.settle({ sequence: 7, applied: ["a"], conflicts: [] });
  assert.deepEqual(shown.map(({ sequence }) => sequence), [9]);
  assert.equal(queue.known.get("a"), 9);
});

test("what the server cannot take is kept, and sent once it was changed", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  put(queue, "b", 10);
  taken(queue);
  queue.refuse([{ id: "a", detail: "It crosses itself." }]);
  assert.deepEqual(taken(queue, "k2"), ["b"]);
  assert.equal(queue.refusals[0].refusal, "It crosses itself.");
  queue.settle({ sequence: 3, applied: ["b"], conflicts: [] });
  put(queue, "a", 20);
  assert.deepEqual(taken(queue, "k3"), ["a"]);
});

test("the journal is told what to keep and what to forget", () => {
  const queue = new EditQueue();
  put(queue, "a", 10);
  put(queue, "b", 10);
  assert.deepEqual(queue.unwritten().kept.map(({ id }) => id), ["a", "b"]);
  taken(queue, "k", 1);
  assert.deepEqual(queue.unwritten(), { kept: [], gone: ["a"] });
  assert.deepEqual(queue.unwritten(), { kept: [], gone: [] });
});

test("a queue comes back with its flights before what came later", () => {
  const queue = new EditQueue();
  const late = { id: "a", feature: square("a", 20), was: 0, at: 2, isNew: true };
  queue.restore({ entries: [late], flights: [{ key: "k", changes: [{ ...late, at: 1 }] }] });
  assert.deepEqual(queue.overlay.map(({ at }) => at), [1, 2]);
  assert.equal(queue.take("other", 1).key, "k");
});

test("of one region left by two tabs the older state becomes a region of its own", () => {
  const entry = (side, at) => ({ id: "a", feature: square("a", side), was: 3, at });
  const [newest, copy] = gathered([entry(20, 2), entry(10, 1)], () => "c");
  assert.deepEqual([newest.id, newest.at], ["a", 2]);
  assert.deepEqual([copy.id, copy.feature.id, copy.was], ["c", "c", 0]);
  assert.equal(gathered([entry(10, 2), entry(10, 1)], () => "c").length, 1);
});

test("colour does not make features differ; label does", () => {
  assert.ok(isSame(square("a", 1), square("b", 1)));
  assert.ok(!isSame(square("a", 1), square("a", 1, "Normal")));
  assert.ok(!isSame(square("a", 1), null));
});
