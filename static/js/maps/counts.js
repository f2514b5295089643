// Counts and shares at any threshold, from one pass over the map.

import { IGNORED, NOT_ASSESSED, cut, truthCut } from "./heatmap.js";

/**
 * How many cells have each map byte: tumour, other and ignored cells apart.
 * truth: bytes of tumour share per cell, or null where no truth exists.
 */
export function tally(values, truth, tumourBar = 0) {
  const bar = truthCut(tumourBar);
  const [tumour, other, ignored] = [0, 1, 2].map(() => new Uint32Array(256));
  let missed = 0;
  for (let i = 0; i < values.length; i += 1) {
    if (truth?.[i] === IGNORED) {
      ignored[values[i]] += 1;
      continue;
    }
    const isTumour = truth !== null && truth[i] >= bar;
    if (values[i] === NOT_ASSESSED) missed += Number(isTumour);
    else (isTumour ? tumour : other)[values[i]] += 1;
  }
  return { tumour, other, ignored, missed, hasTruth: truth !== null };
}

/**
 * Cells assessed and called at a threshold and, with truth, how right the calls are. Ignored cells
 * are assessed and called like others, but neither right nor wrong.
 */
export function measure(tallied, threshold) {
  const bar = cut(threshold);
  const tp = sum(tallied.tumour, bar);
  const fp = sum(tallied.other, bar);
  const tumour = sum(tallied.tumour, 1);
  const scored = tumour + sum(tallied.other, 1);
  const counts = {
    assessed: scored + sum(tallied.ignored, 1),
    called: tp + fp + sum(tallied.ignored, bar),
  };
  if (!tallied.hasTruth) return counts;
  const ignored = sum(tallied.ignored, 0);
  return { ...counts, ...rightness(tp, fp, tumour - tp, scored), missed: tallied.missed, ignored };
}

function rightness(tp, fp, fn, scored) {
  const tn = scored - tp - fp - fn;
  return {
    tp,
    fp,
    fn,
    tn,
    recall: share(tp, tp + fn),
    precision: share(tp, tp + fp),
    specificity: share(tn, tn + fp),
    dice: share(2 * tp, 2 * tp + fp + fn),
    iou: share(tp, tp + fp + fn),
  };
}

function sum(counts, from) {
  let total = 0;
  for (let i = from; i < counts.length; i += 1) total += counts[i];
  return total;
}

/** A share, null where nothing was there to take it of: never NaN, never 1 by default. */
function share(part, whole) {
  return whole === 0 ? null : part / whole;
}

/** Heights 0..1 of the assessed cells in equal bins of probability, on a logarithmic scale. */
export function histogram(tallied, bins) {
  const counts = new Array(bins).fill(0);
  for (let value = 1; value < 256; value += 1) {
    const bin = Math.min(bins - 1, Math.floor(((value - 1) / 254) * bins));
    counts[bin] += tallied.tumour[value] + tallied.other[value] + tallied.ignored[value];
  }
  const top = Math.log1p(Math.max(1, ...counts));
  return counts.map((count) => Math.log1p(count) / top);
}
