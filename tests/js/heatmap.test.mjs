import assert from "node:assert/strict";
import { test } from "node:test";
import { IGNORED, cut, firstChannel, probability, tumourShare, truthCut } from "../../static/js/maps/heatmap.js";
import { AGREEMENT, agreementCodes, agreementTable, truthKinds } from "../../static/js/maps/classes.js";
import { classColours, heatColours, paintCodes } from "../../static/js/maps/coloured.js";
import { histogram, measure, tally } from "../../static/js/maps/counts.js";
import { PALETTES, RAMPS, ramp } from "../../static/js/maps/palettes.js";

const VALUES = Uint8Array.from([0, 1, 128, 255]); // not assessed, 0, 0.5, 1
const TRUTH = Uint8Array.from([9, 0, 1, 0]);

function agreement(values, truth, threshold) {
  const table = agreementTable(threshold);
  return [...agreementCodes(values, truthKinds(truth))].map((code) => table[code]);
}

/** Red, green, blue, alpha of every cell. */
function painted(codes, table) {
  const pixels = new Uint32Array(codes.length);
  paintCodes(codes, table, pixels);
  return [...new Uint8Array(pixels.buffer)];
}

test("byte 0 is not assessed, never probability 0", () => {
  assert.equal(probability(0), null);
  assert.equal(probability(1), 0);
  assert.equal(probability(255), 1);
});

test("a cell at the threshold is called", () => {
  assert.equal(cut(0.5), 128);
  assert.equal(cut(0), 1);
  assert.equal(cut(1e-4), 2, "probability 0 is not called at a threshold above 0");
  assert.equal(cut(1), 255);
});

test("a probability between two bytes is called at itself", () => {
  for (const p of [0.6, 0.41, 0.52, 0.9999]) assert.ok(1 + Math.round(254 * p) >= cut(p), `${p}`);
});

test("every map byte is called at its own probability", () => {
  for (let byte = 1; byte < 256; byte += 1) assert.equal(cut(probability(byte)), byte);
});

test("any tumour at all passes the bar of zero", () => {
  assert.equal(truthCut(0), 1);
  assert.equal(truthCut(0.5), 128);
});

test("colours: clear where not assessed, faint below the threshold, full above", () => {
  const rgba = painted(VALUES, heatColours({ palette: "viridis", threshold: 0.5 }));
  assert.deepEqual([3, 7, 11, 15].map((i) => rgba[i]), [0, 56, 255, 255]);
  assert.deepEqual(rgba.slice(12, 15), [0xfd, 0xe7, 0x25]);
});

test("as a mask only called cells have a colour, and one only", () => {
  const rgba = painted(VALUES, heatColours({ palette: "mask", threshold: 0.5 }));
  assert.deepEqual([3, 7, 11, 15].map((i) => rgba[i]), [0, 0, 255, 255]);
  assert.deepEqual(rgba.slice(8, 11), rgba.slice(12, 15));
});

test("classes have their colour from the style sheet, others none", () => {
  assert.deepEqual(painted([1, 2], classColours({ 1: "#0a141e" })), [10, 20, 30, 255, 0, 0, 0, 0]);
});

test("agreement tells hit, false alarm and miss apart, and tumour that was not assessed", () => {
  const values = Uint8Array.from([0, 255, 255, 1, 1, 0]);
  const truth = Uint8Array.from([254, 254, 0, 254, 0, 0]);
  const { NONE, TP, FP, FN, TN, UNSEEN } = AGREEMENT;
  assert.deepEqual(agreement(values, truth, 0.5), [UNSEEN, TP, FP, FN, TN, NONE]);
});

test("counts follow the threshold, and tumour that was not assessed is listed apart", () => {
  const tallied = tally(VALUES, TRUTH);
  assert.deepEqual(measure(tallied, 0.5), {
    assessed: 3, called: 2, tp: 1, fp: 1, fn: 0, tn: 1,
    recall: 1, precision: 0.5, specificity: 0.5, dice: 2 / 3, iou: 0.5, missed: 1, ignored: 0,
  });
  assert.equal(measure(tallied, 0.9).recall, 0);
});

test("ignored cells are neither right nor wrong, but assessed and called", () => {
  const truth = Uint8Array.from([IGNORED, 0, IGNORED, 0]);
  const { assessed, called, tp, fp, fn, tn, missed, ignored } = measure(tally(VALUES, truth), 0.5);
  assert.deepEqual([assessed, called, tp, fp, fn, tn, missed, ignored], [3, 2, 0, 1, 0, 1, 0, 2]);
  assert.deepEqual(
    agreement(VALUES, truth, 0.5),
    [AGREEMENT.NONE, AGREEMENT.TN, AGREEMENT.NONE, AGREEMENT.FP],
  );
});

test("a truth byte is a share, or says to ignore the cell", () => {
  assert.deepEqual([0, 127, 254, IGNORED].map(tumourShare), [0, 0.5, 1, null]);
});

test("without truth only the calls are counted", () => {
  assert.deepEqual(measure(tally(VALUES, null), 0.4), { assessed: 3, called: 2 });
});

test("a share of nothing is null", () => {
  const none = measure(tally(Uint8Array.from([1, 1]), Uint8Array.from([0, 0])), 0.5);
  assert.equal(none.recall, null);
  assert.equal(none.precision, null);
  assert.equal(none.dice, null);
  assert.equal(none.specificity, 1);
});

test("the histogram counts assessed cells only", () => {
  assert.deepEqual(histogram(tally(VALUES, null), 2), [Math.log1p(1) / Math.log1p(2), 1]);
});

test("grey pixels give their first channel", () => {
  assert.deepEqual([...firstChannel(Uint8Array.from([7, 7, 7, 255, 9, 9, 9, 255]))], [7, 9]);
});

test("every ramp grows lighter from end to end, the one for print darker", () => {
  for (const name of RAMPS) {
    const colours = ramp(name);
    const light = (i) => 0.2126 * colours[3 * i] + 0.7152 * colours[3 * i + 1] + 0.0722 * colours[3 * i + 2];
    const sign = name === "print" ? -1 : 1;
    for (let i = 8; i < 256; i += 8) assert.ok(sign * (light(i) - light(i - 8)) > 0, `${name} at ${i}`);
  }
  assert.deepEqual(PALETTES, [...RAMPS, "mask"]);
});
