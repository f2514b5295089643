// One viewer with its data and its look: what is shown, at which threshold, read by whom.
// Fires "change" when look, threshold or prediction changed, "trouble" with words to show.

import { findings, viewOf } from "../maps/findings.js";
import { PALETTES } from "../maps/palettes.js";
import { loadCells, loadOutlines } from "../maps/cells.js";
import { MapPicture } from "../maps/map-picture.js";
import { measure } from "../maps/counts.js";
import { cellAt, cellIndex } from "../viewer/geometry.js";
import { cut, probability, tumourShare } from "../maps/heatmap.js";
import { truthOutlines } from "../maps/outlines.js";

export const LAYERS = ["truth", "probability", "agreement", "unassessed"];
export const STYLES = ["heat", "mask", "outline"];

const DEFAULT_OPACITY = 0.65;

export class Pane extends EventTarget {
  /** page: {slide, predictions, truth} as the server wrote it into the page. */
  constructor(viewer, page) {
    super();
    this.viewer = viewer;
    this.page = page;
    this.prediction = null;
    this.state = {
      layers: { truth: Boolean(page.truth), probability: true, agreement: false, unassessed: true },
      opacity: DEFAULT_OPACITY,
      threshold: 0.5,
      palette: PALETTES[0],
      style: STYLES[0],
    };
    if (page.truth) this.#loadTruth(page.truth);
  }

  /** Change some of the state; paints and tells at once. */
  update(patch) {
    if ("threshold" in patch) this.shownFinding = null;
    this.state = { ...this.state, ...patch, layers: { ...this.state.layers, ...patch.layers } };
    this.state.threshold = this.#exact(this.state.threshold);
    if (this.picture && ("threshold" in patch || "palette" in patch)) {
      this.picture.refresh(this.state);
    }
    this.#dress();
  }

  /** The version's own threshold for all that the page shows as the same three decimals. */
  #exact(threshold) {
    const own = this.prediction?.threshold ?? threshold;
    return Math.abs(own - threshold) <= 5e-4 ? own : threshold;
  }

  /** Hide every layer, or show one alone, as long as a key is held; null ends it. */
  peek(layers) {
    this.peeked = layers;
    this.#dress();
  }

  toggle(layer) {
    this.update({ layers: togglesOf(this.state.layers, layer) });
  }

  showNone() {
    this.update({ layers: Object.fromEntries(LAYERS.map((name) => [name, false])) });
  }

  /** Back to the threshold the version came with. */
  resetThreshold() {
    if (this.prediction) this.update({ threshold: this.prediction.threshold });
  }

  /** Show the map of a prediction by id; null shows none. */
  async choose(id, { threshold } = {}) {
    this.prediction = this.page.predictions.find((each) => each.id === id) ?? null;
    this.picture = null;
    this.shownFinding = null;
    if (this.prediction) this.state.threshold = this.#exact(threshold ?? this.prediction.threshold);
    this.#dress();
    if (this.prediction) await this.#loadPicture(this.prediction);
  }

  async #loadPicture(prediction) {
    try {
      const [map, truth] = await Promise.all([
        loadCells(prediction.mapUrl),
        prediction.truthUrl ? loadCells(prediction.truthUrl) : null,
      ]);
      if (this.prediction !== prediction) return; // another was chosen meanwhile
      refuseOtherGrid(map, prediction);
      this.picture = new MapPicture(prediction, map.bytes, truth?.bytes ?? null, prediction.tumourBar);
      this.picture.refresh(this.state);
      this.#dress();
    } catch (error) {
      this.#trouble("map", error);
    }
  }

  async #loadTruth({ geojsonUrl }) {
    try {
      this.outlines = truthOutlines(await loadOutlines(geojsonUrl));
      this.#dress();
    } catch (error) {
      this.#trouble("truthTrouble", error);
    }
  }

  #trouble(what, error) {
    console.error(error);
    this.dispatchEvent(new CustomEvent("trouble", { detail: what }));
  }

  #dress() {
    this.viewer.look = { ...this.state, layers: this.peeked ?? this.state.layers };
    this.viewer.picture = this.picture ?? null;
    this.viewer.truth = this.outlines ?? null;
    this.viewer.repaint();
    this.dispatchEvent(new Event("change"));
  }

  /** Cells, areas and shares at the present threshold; null while there is no map. */
  get figures() {
    if (!this.picture) return null;
    const cellUm2 = this.page.slide.mpp
      ? (this.prediction.sideL0 * this.page.slide.mpp) ** 2
      : null;
    return { ...measure(this.picture.tally, this.state.threshold), cellUm2 };
  }

  /** The groups of called cells at the present threshold, largest first. */
  get findings() {
    if (!this.picture) return [];
    const bar = cut(this.state.threshold);
    return findings(this.prediction, (i) => this.picture.values[i] >= bar);
  }

  /** Move to the finding so many places on in the list; tells which one, counted from 1. */
  step(places) {
    const found = this.findings;
    if (!found.length) return null;
    const last = this.shownFinding ?? (places > 0 ? -1 : 0);
    this.shownFinding = (last + places + found.length) % found.length;
    const finding = found[this.shownFinding];
    const { clientWidth: width, clientHeight: height } = this.viewer;
    this.viewer.lead();
    this.viewer.show(viewOf(finding, this.prediction.sideL0, { width, height }));
    return { number: this.shownFinding + 1, of: found.length, cells: finding.cells };
  }

  /** What is known at a level-0 point: {probability, truthShare, isInside}. */
  at(point) {
    const cell = point && this.picture ? cellAt(point, this.prediction) : null;
    if (!cell) return null;
    const index = cellIndex(cell, this.prediction);
    const truth = this.picture.truth;
    return {
      probability: probability(this.picture.values[index]),
      truthShare: truth ? tumourShare(truth[index]) : null,
    };
  }
}

/** Prediction and agreement colour the same cells, so one makes room for the other. */
export function togglesOf(layers, layer) {
  const next = { ...layers, [layer]: !layers[layer] };
  if (layer === "agreement" && next.agreement) next.probability = false;
  if (layer === "probability" && next.probability) next.agreement = false;
  return next;
}

function refuseOtherGrid(map, { columns, rows }) {
  if (map.columns !== columns || map.rows !== rows) {
    throw new Error(`map of ${map.columns} x ${map.rows} cells, expected ${columns} x ${rows}`);
  }
}
