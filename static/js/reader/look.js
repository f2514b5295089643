// How the layers look: which are shown, filled or as outlines, true cells or smoothed, colours.
// Pure: the pane keeps it, the address writes it, a version may bring its own.

import { PALETTES } from "../maps/palettes.js";

export const STYLES = ["heat", "outline"];
export const FORMS = ["true cells", "smoothed"];

const USUAL_STYLES = {
  truth: "outline",
  probability: "heat",
  agreement: "heat",
  versions: "heat",
  unassessed: "heat",
  regions: "outline",
  tissue: "outline",
  seen: "heat",
};

export const LAYERS = Object.keys(USUAL_STYLES);

/** These colour the same cells, so one makes room for the other. */
const OF_CELLS = ["probability", "agreement", "versions"];

/** At most one of the layers that colour the same cells: the one that says most. */
export function withoutClash(layers) {
  const shown = OF_CELLS.findLast((name) => layers[name]);
  const others = OF_CELLS.filter((name) => name !== shown).map((name) => [name, false]);
  return { ...layers, ...Object.fromEntries(others) };
}

/** Whether a look shows cells, whose form then matters. */
export function showsCells({ layers }) {
  return OF_CELLS.some((name) => layers[name]);
}

/** The look of a page before anybody chose one. */
export function usualLook(hasTruth) {
  const layers = Object.fromEntries(LAYERS.map((name) => [name, false]));
  return {
    layers: { ...layers, truth: hasTruth, probability: true, unassessed: true },
    styles: USUAL_STYLES,
    form: FORMS[0],
    palette: PALETTES[0],
    opacity: 0.65,
  };
}

/** A look with a layer switched on or off. */
export function togglesOf(layers, layer) {
  const next = { ...layers, [layer]: !layers[layer] };
  if (next[layer] && OF_CELLS.includes(layer)) {
    for (const other of OF_CELLS) if (other !== layer) next[other] = false;
  }
  return next;
}

/** A patch of the look applied to it; layers and styles that it does not name stay. */
export function patched(look, patch) {
  return {
    ...look,
    ...patch,
    layers: { ...look.layers, ...patch.layers },
    styles: { ...look.styles, ...patch.styles },
  };
}

/** What a version's default and an address say, where a page knows what it means. */
export function known({ layers, styles, form, palette, opacity }) {
  const patch = {};
  if (layers) patch.layers = pick(layers, (value) => typeof value === "boolean");
  if (styles) patch.styles = pick(styles, (value) => STYLES.includes(value));
  if (FORMS.includes(form)) patch.form = form;
  if (PALETTES.includes(palette)) patch.palette = palette;
  if (opacity >= 0 && opacity <= 1) patch.opacity = opacity;
  return patch;
}

function pick(given, isKnown) {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => LAYERS.includes(name) && isKnown(value)),
  );
}

/** The part of a page's state that a version may bring as its default. */
export function lookOf({ layers, styles, form, palette, opacity }) {
  return { layers, styles, form, palette, opacity };
}

/** The other of two styles. */
export function otherStyle(style) {
  return style === "outline" ? "heat" : "outline";
}
