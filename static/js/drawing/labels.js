// What a region can be: names, colours and keys. The wire names are QuPath's classes.

import { gettext } from "../words.js";

/**
 * In the order of their keys. colour: a token of tokens.css; dash: in screen px, [] is solid;
 * mark: the shape of a marker, so that labels differ without their colours.
 */
export const LABELS = [
  {
    label: "tumour",
    name: gettext("Tumour"),
    colour: "--region-tumour",
    key: "shift+1",
    dash: [],
    mark: "circle",
    wire: { name: "Tumor", color: [200, 0, 0] },
  },
  {
    label: "normal",
    name: gettext("Normal"),
    colour: "--region-normal",
    key: "shift+2",
    dash: [10, 5],
    mark: "square",
    wire: { name: "Normal", color: [0, 128, 0] },
  },
  {
    label: "artefact",
    name: gettext("Artefact"),
    colour: "--region-artefact",
    key: "shift+3",
    dash: [10, 4, 2, 4],
    mark: "triangle",
    wire: { name: "Artefact", color: [160, 110, 0] },
  },
  {
    label: "ignore",
    name: gettext("Ignore"),
    colour: "--region-ignore",
    key: "shift+4",
    dash: [3, 4],
    mark: "diamond",
    wire: { name: "Ignore*", color: [128, 128, 128] },
  },
];

const byLabel = new Map(LABELS.map((each) => [each.label, each]));
const byWireName = new Map(LABELS.map((each) => [each.wire.name, each]));

/** All that is known of a label. Throws for one that is not among LABELS. */
export function describe(label) {
  return byLabel.get(label) ?? refuse(label, byLabel);
}

/** The label of a class as it stands on the wire. Throws for a class that is not ours. */
export function labelOfWire(name) {
  return (byWireName.get(name) ?? refuse(name, byWireName)).label;
}

function refuse(name, known) {
  throw new Error(`Label ${JSON.stringify(name)} is unknown; use one of ${[...known.keys()].join(", ")}.`);
}
