// One viewer with its data and its look: what is shown, at which threshold, read by whom.
// Fires "change" when look, threshold or a prediction changed, "trouble" with words to show.

import { findingsOfPane, stepTo } from "./pane-findings.js";
import { figuresOf, valuesAt } from "./pane-values.js";
import { loadCells, loadOutlines } from "../maps/cells.js";
import { MapPicture } from "../maps/map-picture.js";
import { PairPicture } from "../maps/pair-picture.js";
import { TissuePicture } from "../maps/tissue-picture.js";
import { known, LAYERS, patched, togglesOf, usualLook, withoutClash } from "./look.js";
import { layerColours } from "../maps/layer-looks.js";
import { truthOutlines } from "../maps/outlines.js";

export class Pane extends EventTarget {
  /** page: {slide, predictions, truth} as the server wrote it, perhaps with a look of its own. */
  constructor(viewer, page) {
    super();
    Object.assign(this, { viewer, page, prediction: null, otherPrediction: null });
    this.colours = layerColours();
    const thresholds = { threshold: 0.5, other: null, otherThreshold: 0.5 };
    this.state = { ...patched(usualLook(Boolean(page.truth)), page.look ?? {}), ...thresholds };
    if (page.truth) this.#loadTruth(page.truth);
  }

  /** The state as it is painted: while a key hides the layers, they are hidden. */
  get shown() {
    return this.peeked ? { ...this.state, layers: this.peeked } : this.state;
  }

  /** Change some of the state; paints and tells at once. */
  update(patch) {
    if (Object.keys(known(patch)).length) this.isLookChosen = true;
    this.#set(patch);
  }

  #set(patch) {
    if ("threshold" in patch) this.shownFinding = null;
    this.state = patched(this.state, patch);
    this.state.layers = this.#possible(this.state.layers);
    this.state.threshold = exact(this.prediction, this.state.threshold);
    this.#compare(patch);
    this.picture?.refresh(this.state);
    this.pair?.refresh(this.state.threshold, this.state.otherThreshold);
    if (this.state.layers.tissue) this.#loadTissue();
    this.#dress();
  }

  /** A layer that this slide has nothing for is off, whatever an address or a default says. */
  #possible(layers) {
    const { truth, slide, predictions } = this.page;
    const next = { ...layers, truth: layers.truth && Boolean(truth) };
    next.tissue = layers.tissue && Boolean(slide.tissue);
    next.versions = layers.versions && predictions.length > 1;
    if (layers.agreement && !truth) Object.assign(next, { agreement: false, probability: true });
    return withoutClash(next);
  }

  /** Hide every layer, or show some alone, as long as a key is held; null ends it. */
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
    if (this.otherPrediction) this.update({ otherThreshold: this.otherPrediction.threshold });
  }

  /** What an address says, over the version's own default look. Gives when the map is there. */
  open({ prediction, threshold, other, otherThreshold, ...view }) {
    const given = known(view);
    this.isLookChosen = false;
    const loaded = this.choose(prediction, { threshold });
    this.isLookChosen = Object.keys(given).length > 0;
    this.#set({ ...given, ...(other && { other, ...(otherThreshold !== undefined && { otherThreshold }) }) });
    return loaded;
  }

  /** Show the map of a prediction by id; null shows none. */
  async choose(id, { threshold } = {}) {
    this.prediction = this.#reading(id);
    this.picture = null;
    this.pair = null;
    this.shownFinding = null;
    const own = this.prediction?.threshold ?? this.state.threshold;
    const look = this.isLookChosen ? {} : known(this.prediction?.display ?? {});
    const isItself = this.prediction !== null && this.state.other === id;
    this.#set({ ...look, threshold: threshold ?? own, ...(isItself && { other: null }) });
    if (this.prediction) await this.#loadPicture(this.prediction);
  }

  #reading(id) {
    return this.page.predictions.find((each) => each.id === id) ?? null;
  }

  /** Keep the second version in step with the state; the layer needs one, so it takes the first. */
  #compare(patch) {
    const { state } = this;
    const usual = this.page.predictions.find((each) => each !== this.prediction);
    if (state.layers.versions && !state.other) state.other = usual?.id ?? null;
    const chosen = this.#reading(state.other);
    state.other = chosen && chosen !== this.prediction ? chosen.id : null;
    if (state.other === null) state.layers.versions = false;
    const isNew = (this.otherPrediction?.id ?? null) !== state.other;
    if (!isNew) return;
    this.otherPrediction = this.#reading(state.other);
    this.otherMap = null;
    this.pair = null;
    if (!this.otherPrediction) return;
    if (!("otherThreshold" in patch)) state.otherThreshold = this.otherPrediction.threshold;
    state.otherThreshold = exact(this.otherPrediction, state.otherThreshold);
    this.#loadOther(this.otherPrediction);
  }

  async #loadPicture(prediction) {
    try {
      const [map, truth] = await Promise.all([
        loadCells(prediction.mapUrl),
        prediction.truthUrl ? loadCells(prediction.truthUrl) : null,
      ]);
      if (this.prediction !== prediction) return; // another was chosen meanwhile
      refuseOtherGrid(map, prediction);
      this.picture = new MapPicture(prediction, map.bytes, truth?.bytes ?? null, this.colours);
      this.picture.refresh(this.state);
      this.#pairUp();
    } catch (error) {
      this.#trouble("map", error);
    }
  }

  async #loadOther(prediction) {
    try {
      const map = await loadCells(prediction.mapUrl);
      if (this.otherPrediction !== prediction) return;
      refuseOtherGrid(map, prediction);
      this.otherMap = map;
      this.#pairUp();
    } catch (error) {
      this.#trouble("map", error);
    }
  }

  #pairUp() {
    if (this.picture && this.otherMap) {
      const a = { grid: this.prediction, values: this.picture.values };
      const b = { grid: this.otherPrediction, values: this.otherMap.bytes };
      this.pair = new PairPicture(a, b, this.colours);
      this.pair.refresh(this.state.threshold, this.state.otherThreshold);
    }
    this.#dress();
  }

  /** The slide has another truth by now. page: what the server says of it, as at the beginning. */
  renewTruth({ truth, predictions }) {
    this.page.truth = truth;
    for (const reading of this.page.predictions) {
      const { truthUrl } = predictions.find(({ id }) => id === reading.id) ?? reading;
      reading.truthUrl = truthUrl;
    }
    if (truth) this.#loadTruth(truth);
    if (this.prediction) this.#loadPicture(this.prediction);
  }

  async #loadTruth({ geojsonUrl }) {
    try {
      const outlines = truthOutlines(await loadOutlines(geojsonUrl));
      if (this.page.truth.geojsonUrl !== geojsonUrl) return; // there is a newer one meanwhile
      this.outlines = outlines;
      this.#dress();
    } catch (error) {
      this.#trouble("truthTrouble", error);
    }
  }

  async #loadTissue() {
    if (this.isTissueAsked) return;
    this.isTissueAsked = true;
    try {
      const { url, scaleX, scaleY } = this.page.slide.tissue;
      const mask = await loadCells(url);
      this.tissue = new TissuePicture(mask, { x: scaleX, y: scaleY }, this.colours.tissue);
      this.#dress();
    } catch (error) {
      this.isTissueAsked = false;
      this.#trouble("tissueTrouble", error);
    }
  }

  #trouble(what, error) {
    console.error(error);
    this.dispatchEvent(new CustomEvent("trouble", { detail: what }));
  }

  #dress() {
    const { shown: look, picture, pair, outlines: truth, tissue } = this;
    this.viewer.shown = { look, picture, pair, truth, tissue };
    this.viewer.repaint();
    this.dispatchEvent(new Event("change"));
  }

  /** Cells, areas and shares at the present thresholds; null while there is no map. */
  get figures() {
    return figuresOf(this);
  }

  /** The groups of called cells at the present threshold, largest first. */
  get findings() {
    return findingsOfPane(this);
  }

  /** Move to the finding so many places on in the list; tells which one, counted from 1. */
  step(places) {
    return stepTo(this, places);
  }

  /** What is known at a level-0 point; null where no map reaches. See `valuesAt`. */
  at(point) {
    return valuesAt(this, point);
  }
}

/** The version's own threshold for all that the page shows as the same three decimals. */
function exact(prediction, threshold) {
  const own = prediction?.threshold ?? threshold;
  return Math.abs(own - threshold) <= 5e-4 ? own : threshold;
}

function refuseOtherGrid(map, { columns, rows }) {
  if (map.columns !== columns || map.rows !== rows) {
    throw new Error(`map of ${map.columns} x ${map.rows} cells, expected ${columns} x ${rows}`);
  }
}
