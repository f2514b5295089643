// What the classes of the layers look like, for the painter, the pins and every legend alike:
// a colour from the style sheet, a pattern on it, and a dash where only its outline is shown.

import { gettext } from "../words.js";

/** The layers' own colours by name, "#rrggbb". */
export function layerColours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    Object.entries(TOKENS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]),
  );
}

const TOKENS = {
  truth: "--truth",
  called: "--called",
  hit: "--hit",
  falseAlarm: "--false-alarm",
  miss: "--miss",
  unseen: "--unseen",
  both: "--both-versions",
  versionA: "--version-a",
  versionB: "--version-b",
  lone: "--lone",
  tissue: "--tissue",
};

/** Classes of the agreement with the truth: {set, colour, pattern, dash}, painted in this order. */
export const AGREEMENT_LOOKS = [
  { set: "hit", colour: "hit", pattern: null, dash: "solid", words: gettext("Found tumour") },
  { set: "falseAlarm", colour: "falseAlarm", pattern: "falseAlarm", dash: "dashed", words: gettext("False alarm") },
  { set: "miss", colour: "miss", pattern: "miss", dash: "dotted", words: gettext("Missed tumour") },
  { set: "unseen", colour: "unseen", pattern: "unseen", dash: "dotted", words: gettext("Tumour not assessed") },
];

/** Classes of the agreement of two versions. pins: the set whose groups get pins, where another. */
export const VERSION_LOOKS = [
  { set: "both", colour: "both", pattern: null, dash: "solid", words: gettext("Called by both") },
  { set: "aOnly", colour: "versionA", pattern: "versionA", dash: "dashed", words: gettext("Only by %(a)s") },
  { set: "bOnly", colour: "versionB", pattern: "versionB", dash: "dotted", words: gettext("Only by %(b)s") },
  { set: "lone", pins: "loneCall", colour: "lone", pattern: "lone", dash: "dotted", words: gettext("Assessed by one only") },
];
