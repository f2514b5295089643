import assert from "node:assert/strict";
import { test } from "node:test";
import { Case } from "../../static/js/review/case.js";
import { Outbox } from "../../static/js/review/outbox.js";

const candidate = (number, diameter = 500) => ({
  ...{ key: `c${number}`, number, x_l0: 10, y_l0: 10, box_l0: [0, 0, 20, 20], confidence: 0.9 },
  ...{ diameter_um: diameter, uncertainty_um: 75, size_class: "micro" },
});
const SAID = { is_adequate: null, inadequate_reason: "", conclusion: "" };
const facts = (...numbers) => ({
  ...{ id: 1, isOpen: true, verdicts: [], said: SAID },
  candidates: numbers.map((number) => candidate(number)),
});
const begun = (...numbers) => new Case({ facts: facts(...numbers), slide: { mpp: 0.5 }, outbox: new Outbox() });
const states = (review) => review.findings.map(({ state }) => state);
const row = (sequence, finding, kind, more = {}) => ({
  ...{ key: `k${sequence}`, sequence, finding, kind, because: "", label: "", size_class: "", region: null },
  ...{ diameter_um: null, caliper: null, note: "", undoes: null, stroke: null, at: "", by: "Ann" },
  ...more,
});

test("what was said is seen before the server has it, in its order", () => {
  const review = begun(1, 2, 3);
  review.judge("c1", { kind: "accepted" });
  review.judge("c2", { kind: "rejected", because: "fold" });
  assert.deepEqual(states(review), ["accepted", "rejected", "open"]);
  assert.equal(review.get("c2").label, "artefact");
  assert.deepEqual(review.outbox.entries.map(({ finding, after }) => [finding, after]), [["c1", 0], ["c2", 0]]);
  assert.ok(review.get("c1").isWaiting && !review.get("c3").isWaiting);
});

test("all that is open is accepted in one stroke, and undone in one", () => {
  const review = begun(1, 2, 3);
  review.judge("c2", { kind: "rejected", because: "ink" });
  assert.equal(review.acceptRest(), 2);
  assert.deepEqual(states(review), ["accepted", "rejected", "accepted"]);
  assert.ok(review.undo());
  assert.deepEqual(states(review), ["open", "rejected", "open"]);
  assert.equal(review.acceptRest() && review.outbox.entries.length, 2);
});

test("a step that has not left is forgotten, one that has is undone by one more", () => {
  const review = begun(1);
  review.judge("c1", { kind: "accepted" });
  review.undo();
  assert.deepEqual(review.outbox.entries, []);
  review.judge("c1", { kind: "accepted" });
  review.outbox.take();
  review.undo();
  assert.deepEqual(review.outbox.entries.map(({ kind }) => kind), ["verdict", "undo"]);
  assert.deepEqual(states(review), ["open"]);
});

test("undo goes on through what the server has, back to the beginning", () => {
  const review = begun(1);
  review.learn({ verdicts: [row(1, "c1", "accepted"), row(2, "c1", "rejected", { because: "ink" })] });
  assert.deepEqual(states(review), ["rejected"]);
  review.undo();
  assert.deepEqual(states(review), ["accepted"]);
  review.undo();
  assert.deepEqual(states(review), ["open"]);
  assert.equal(review.undo(), false);
  assert.deepEqual(review.outbox.entries.map(({ kind, after }) => [kind, after]), [["undo", 2], ["undo", 2]]);
});

test("what follows on one's own verdict is no change by somebody else", () => {
  const review = begun(1);
  review.judge("c1", { kind: "accepted" });
  review.outbox.take();
  review.judge("c1", { kind: "measured", caliper: [[0, 0], [6, 8]] });
  assert.equal(review.get("c1").diameter_um, 5);
  review.outbox.settle({ c1: 7 }, 7);
  assert.equal(review.outbox.entries[0].after, 7);
});

test("what is said of the slide is one entry while it waits, and its undo says what was before", () => {
  const review = begun(1);
  review.sayOfSlide({ conclusion: "micro" });
  review.sayOfSlide({ is_adequate: false });
  assert.deepEqual(review.outbox.entries.map(({ body }) => body), [{ conclusion: "micro", is_adequate: false }]);
  assert.equal(review.said.conclusion, "micro");
  review.undo();
  assert.equal(review.said.is_adequate, null);
  review.undo();
  assert.equal(review.said.conclusion, "");
});

test("nothing is suggested while findings are open", () => {
  const review = begun(1);
  assert.equal(review.suggested, "");
  review.judge("c1", { kind: "accepted" });
  assert.equal(review.suggested, "micro");
  assert.equal(begun().suggested, "negative");
});

test("a finding that was added is the reader's, and taken back it is shown no more", () => {
  const review = begun();
  const region = { type: "Polygon", coordinates: [[[0, 0], [30, 0], [30, 40], [0, 0]]] };
  const key = review.judge(null, { kind: "added", region });
  const [added] = review.shown;
  assert.deepEqual([added.key, added.state, added.diameter_um, added.size_class], [key, "added", 25, "itc"]);
  review.judge(key, { kind: "withdrawn" });
  assert.deepEqual(review.shown, []);
});

test("the journal is told what came and what went, and again where it could not be written", () => {
  const outbox = new Outbox();
  outbox.put({ id: "a", kind: "rest", body: {}, after: null, at: 1 });
  assert.deepEqual(outbox.unwritten().kept.map(({ id }) => id), ["a"]);
  outbox.put({ id: "b", kind: "rest", body: {}, after: null, at: 2 });
  outbox.take();
  outbox.settle();
  const { kept, gone } = outbox.unwritten();
  assert.deepEqual([kept.map(({ id }) => id), gone], [["b"], ["a"]]);
  outbox.writeAgain();
  assert.deepEqual(outbox.unwritten().kept.map(({ id }) => id), ["b"]);
});

test("what an earlier page left is sent first, in the order in which it was said", () => {
  const outbox = new Outbox();
  outbox.restore([{ id: "b", order: 2, at: 5 }, { id: "a", order: 1, at: 5 }, { id: "c", order: 1, at: 9 }]);
  outbox.put({ id: "d", kind: "rest", body: {}, after: null, at: 10 });
  assert.deepEqual(outbox.entries.map(({ id }) => id), ["a", "b", "c", "d"]);
});
