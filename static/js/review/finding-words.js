// How findings and verdicts read.

import { decimals, filled, gettext, ngettext, wholeNumber } from "../words.js";

const CLASSES = { itc: gettext("ITC"), micro: gettext("micro"), macro: gettext("macro") };
const STATES = {
  open: gettext("open"),
  accepted: gettext("accepted"),
  rejected: gettext("rejected"),
  added: gettext("added"),
  withdrawn: gettext("taken back"),
};
const KINDS = {
  accepted: gettext("accepted"),
  rejected: gettext("rejected"),
  redrawn: gettext("outline corrected"),
  reclassified: gettext("class changed"),
  measured: gettext("measured by hand"),
  added: gettext("added"),
  withdrawn: gettext("taken back"),
};

export function classWords({ size_class: name }) {
  return CLASSES[name] ?? "–";
}

/** The longest diameter; with its uncertainty where it was read off the map's cells. */
export function lengthWords({ diameter_um: length, uncertainty_um: either, cells }) {
  if (length === null || length === undefined) {
    return cells ? filled(ngettext("%(n)s cell", "%(n)s cells", cells), { n: wholeNumber(cells) }) : "–";
  }
  const um = wholeNumber(Math.round(length));
  return either === null ? `${um} µm` : `${um} ± ${wholeNumber(Math.round(either))} µm`;
}

/** Where a length comes from, said in full. */
export function lengthSource({ diameter_um: length, uncertainty_um: either, caliper, region }) {
  if (length === null || length === undefined) return "";
  if (caliper) return gettext("measured by hand");
  if (region) return gettext("of the corrected outline");
  return either === null ? "" : gettext("read off cells, uncertain by one");
}

export function confidenceWords({ confidence }) {
  return confidence === null || confidence === undefined ? gettext("yours") : decimals(confidence, 2);
}

export function stateWords({ state, because }, reasons) {
  if (state !== "rejected" || !because) return STATES[state];
  return new Map(reasons).get(because) ?? STATES.rejected;
}

export function nameWords({ number }) {
  return filled(gettext("Finding %(n)s"), { n: wholeNumber(number) });
}

/** What an entry of the outbox says, for telling that it was not taken. */
export function entryWords({ kind, body }) {
  if (kind === "rest") return gettext("accept the rest");
  if (kind === "undo") return gettext("undo");
  if (kind === "slide") return gettext("what the slide holds");
  return KINDS[body.kind];
}

/** One verdict as the history tells it. */
export function verdictWords(verdict, reasons) {
  const { kind, because, undoes } = verdict;
  if (undoes) return gettext("undone");
  const parts = [KINDS[kind]];
  if (because) parts.push(new Map(reasons).get(because) ?? because);
  if (verdict.size_class) parts.push(classWords(verdict));
  if (verdict.diameter_um) parts.push(`${wholeNumber(Math.round(verdict.diameter_um))} µm`);
  return parts.join(" · ");
}
