// Findings of a review after its verdicts, as predictions/review/findings.py folds them; tests hold
// the two against each other. Pure: no page, no network.
//
// A candidate: {key, number, x_l0, y_l0, box_l0, confidence, diameter_um, uncertainty_um, size_class}.
// A verdict: {sequence, finding, kind, because, label, size_class, region, diameter_um, caliper, note,
// undoes: the sequence of the verdict whose effect it takes away or null, stroke, at, by}. One that
// waits in this browser says isWaiting; its sequence is the one it would have.

import { sizeClass } from "../maps/lesions.js";
import { boundsOf } from "../drawing/shapes.js";

export const HELD = ["accepted", "added"];
const ARTEFACTS = ["fold", "ink", "blur"];
const CLASSES = ["itc", "micro", "macro"];

/** Findings as they stand: candidates by number, then what was added. */
export function fold(candidates, verdicts) {
  const undone = undoneBy(verdicts);
  const inOrder = [...candidates].sort((a, b) => a.number - b.number);
  const found = new Map(inOrder.map((candidate) => [candidate.key, untouched(candidate)]));
  const begun = new Map(found);
  for (const verdict of verdicts) {
    const before = found.get(verdict.finding) ?? newlyAdded(verdict, found.size);
    const hasEffect = !undone.has(verdict.sequence) && !verdict.undoes;
    const base = verdict.kind === "withdrawn" ? (begun.get(before.key) ?? before) : before;
    const after = hasEffect ? AFTER[verdict.kind](base, verdict) : before;
    found.set(verdict.finding, {
      ...after,
      last: verdict.isWaiting ? before.last : verdict.sequence,
      isWaiting: before.isWaiting || Boolean(verdict.isWaiting),
      history: [...before.history, verdict],
    });
  }
  return [...found.values()];
}

/** The verdicts that have an effect: neither undone nor undoing. */
export function standing(verdicts) {
  const undone = undoneBy(verdicts);
  return verdicts.filter(({ sequence, undoes }) => !undoes && !undone.has(sequence));
}

function undoneBy(verdicts) {
  return new Set(verdicts.map(({ undoes }) => undoes).filter(Boolean));
}

/** What an undo takes away: the last verdict with an effect, and those given with it. */
export function lastStroke(verdicts) {
  const left = standing(verdicts);
  const last = left.at(-1);
  if (!last) return [];
  return left.filter((one) => one === last || (last.stroke && one.stroke === last.stroke));
}

/** The slide by its largest finding that a reader holds; "" where its class is not known. */
export function conclusionOf(findings) {
  const held = findings.filter(({ state }) => HELD.includes(state));
  const largest = CLASSES.findLast((name) => held.some((one) => one.size_class === name)) ?? "";
  if (held.some((one) => !one.size_class) && largest !== "macro") return "";
  return largest || "negative";
}

function untouched(candidate) {
  return {
    ...candidate,
    ...{ state: "open", because: "", label: "", caliper: null, region: null, note: "" },
    ...{ last: 0, isOwn: false, isWaiting: false, history: [] },
  };
}

function newlyAdded(verdict, count) {
  return {
    ...{ key: verdict.finding, number: count + 1, state: "withdrawn", ...placeOf(verdict.region) },
    ...{ confidence: null, diameter_um: null, uncertainty_um: null, size_class: "", because: "" },
    ...{ label: "", caliper: null, region: null, note: "", last: 0, isOwn: true, isWaiting: false },
    history: [],
  };
}

/** The polygons of a GeoJSON geometry, rings closed as they come; a point is a ring of one corner. */
export function polygonsOf(geometry) {
  if (geometry?.type === "Polygon") return [geometry.coordinates];
  if (geometry?.type === "MultiPolygon") return geometry.coordinates;
  return geometry?.type === "Point" ? [[[geometry.coordinates]]] : [];
}

function placeOf(geometry) {
  const { minX, minY, maxX, maxY } = boundsOf(polygonsOf(geometry));
  return { x_l0: (minX + maxX) / 2, y_l0: (minY + maxY) / 2, box_l0: [minX, minY, maxX, maxY] };
}

// What a verdict makes of a finding -----------------------------------------------------

const AFTER = {
  accepted,
  rejected: (before, verdict) => {
    const { because } = verdict;
    const label = verdict.label || (ARTEFACTS.includes(because) ? "artefact" : "normal");
    return said(before, verdict, { state: "rejected", label, because });
  },
  redrawn,
  added: redrawn,
  reclassified: (before, verdict) => {
    if (!["", "tumour"].includes(verdict.label)) {
      const because = verdict.because || before.because || "other";
      return said(before, verdict, { state: "rejected", label: verdict.label, because });
    }
    return { ...accepted(before, verdict), size_class: verdict.size_class || before.size_class };
  },
  measured: (before, verdict) =>
    said(before, verdict, {
      diameter_um: verdict.diameter_um,
      size_class: classOf(verdict.diameter_um),
      uncertainty_um: null,
      caliper: verdict.caliper,
    }),
  withdrawn: (before, verdict) =>
    before.isOwn
      ? said(before, verdict, { state: "withdrawn", label: "", because: "" })
      : { ...before, note: verdict.note, at: verdict.at },
};

function accepted(before, verdict) {
  return said(before, verdict, { state: before.isOwn ? "added" : "accepted", label: "tumour", because: "" });
}

function redrawn(before, verdict) {
  return {
    ...accepted(before, verdict),
    ...placeOf(verdict.region),
    region: verdict.region,
    diameter_um: verdict.diameter_um,
    size_class: verdict.size_class || classOf(verdict.diameter_um),
    uncertainty_um: null,
    caliper: null,
  };
}

function said(before, verdict, changes) {
  return { ...before, note: verdict.note || before.note, at: verdict.at, ...changes };
}

function classOf(diameterUm) {
  return diameterUm === null ? "" : sizeClass(diameterUm);
}
