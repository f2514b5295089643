// Which class every cell falls into. A cell has one code that never changes; what a code means at
// a threshold is one small table, so moving the threshold costs a table and one pass of look-ups.

import { IGNORED, NOT_ASSESSED, cut, truthCut } from "./heatmap.js";

/** A cell by itself. */
export const CALL = { UNASSESSED: 0, CLEAR: 1, CALLED: 2 };

/** Agreement of a prediction with the truth. UNSEEN: tumour in a cell not assessed. */
export const AGREEMENT = { NONE: 0, TP: 1, FP: 2, FN: 3, TN: 4, UNSEEN: 5 };

/**
 * Agreement of two versions. A disagreement needs two opinions, so cells assessed by only one
 * version are apart: LONE_CALL where that one calls tumour, LONE_CLEAR where it does not.
 */
export const VERSIONS = { NONE: 0, BOTH: 1, A_ONLY: 2, B_ONLY: 3, NEITHER: 4, LONE_CALL: 5, LONE_CLEAR: 6 };

/** Room for the classes of each kind above. */
export const CLASSES = 8;

export const KIND = { OTHER: 0, TUMOUR: 1, IGNORED: 2 };
export const MAP_CODES = 256;
export const AGREEMENT_CODES = 3 * 256;
export const PAIR_CODES = 256 * 256;

/** The class of every map byte at a threshold. */
export function callTable(threshold) {
  const bar = cut(threshold);
  return Uint8Array.from({ length: MAP_CODES }, (_, value) => {
    if (value === NOT_ASSESSED) return CALL.UNASSESSED;
    return value >= bar ? CALL.CALLED : CALL.CLEAR;
  });
}

/** What the truth says of every cell: Uint8Array of KIND. */
export function truthKinds(truth, tumourBar = 0) {
  const bar = truthCut(tumourBar);
  const kinds = new Uint8Array(truth.length);
  for (let i = 0; i < truth.length; i += 1) {
    if (truth[i] === IGNORED) kinds[i] = KIND.IGNORED;
    else if (truth[i] >= bar) kinds[i] = KIND.TUMOUR;
  }
  return kinds;
}

/** The codes of a map against a truth: 256 * kind + map byte. */
export function agreementCodes(values, kinds) {
  const codes = new Uint16Array(values.length);
  for (let i = 0; i < codes.length; i += 1) codes[i] = (kinds[i] << 8) | values[i];
  return codes;
}

/** The class of every code of `agreementCodes` at a threshold. */
export function agreementTable(threshold) {
  const bar = cut(threshold);
  const table = new Uint8Array(AGREEMENT_CODES);
  for (let value = 1; value < 256; value += 1) {
    const isCalled = value >= bar;
    table[(KIND.OTHER << 8) | value] = isCalled ? AGREEMENT.FP : AGREEMENT.TN;
    table[(KIND.TUMOUR << 8) | value] = isCalled ? AGREEMENT.TP : AGREEMENT.FN;
  }
  table[(KIND.TUMOUR << 8) | NOT_ASSESSED] = AGREEMENT.UNSEEN;
  return table;
}

/** The codes of two maps of one grid: 256 * byte of A + byte of B. */
export function pairCodes(a, b) {
  const codes = new Uint16Array(a.length);
  for (let i = 0; i < codes.length; i += 1) codes[i] = (a[i] << 8) | b[i];
  return codes;
}

/** The class of every code of `pairCodes` at the thresholds of both versions. */
export function pairTable(thresholdA, thresholdB) {
  const [callsA, callsB] = [callTable(thresholdA), callTable(thresholdB)];
  const table = new Uint8Array(PAIR_CODES);
  for (let a = 0; a < MAP_CODES; a += 1) {
    const classes = PAIR_CLASSES[callsA[a]];
    for (let b = 0; b < MAP_CODES; b += 1) table[(a << 8) | b] = classes[callsB[b]];
  }
  return table;
}

/** By CALL of A, then of B. */
const PAIR_CLASSES = [
  [VERSIONS.NONE, VERSIONS.LONE_CLEAR, VERSIONS.LONE_CALL],
  [VERSIONS.LONE_CLEAR, VERSIONS.NEITHER, VERSIONS.B_ONLY],
  [VERSIONS.LONE_CALL, VERSIONS.A_ONLY, VERSIONS.BOTH],
];

/** How many cells have each code. */
export function histogramOf(codes, codeCount) {
  const counts = new Uint32Array(codeCount);
  for (let i = 0; i < codes.length; i += 1) counts[codes[i]] += 1;
  return counts;
}

/** How many cells fall into each class: an array by class. */
export function classCounts(histogram, table) {
  const counts = new Array(CLASSES).fill(0);
  for (let code = 0; code < histogram.length; code += 1) {
    if (histogram[code]) counts[table[code]] += histogram[code];
  }
  return counts;
}
