// One viewer of several: which slide and which reading of it, and where it stands.

import { known } from "./look.js";
import { Pane } from "./pane.js";
import { setText } from "./layer-controls.js";
import { Stage } from "../viewer/stage.js";
import { pointWords, wireChrome } from "../viewer/viewer-chrome.js";

const NO_LAYERS = { probability: false, agreement: false, truth: false };
const LAYERS_OF = {
  truth: { ...NO_LAYERS, truth: true },
  reading: { ...NO_LAYERS, probability: true },
  tissue: NO_LAYERS,
};

/**
 * Fires "lead" when a person moves it, "move" whenever its view changes, "rest" when that ends,
 * "point" with the level-0 point under the cursor, "touch" when a person turns to it,
 * "change" when look, threshold or reading changed.
 */
export class Side extends EventTarget {
  /** pages: Map from a slide's id to what the server wrote of it. */
  constructor(pages) {
    super();
    this.pages = pages;
    const template = document.querySelector("template[data-side-template]");
    this.root = document.importNode(template.content, true).querySelector(".pane");
    this.select = this.root.querySelector("[data-choice]");
    this.select.addEventListener("change", () => this.#tell("choose", this.select.value));
    this.root.addEventListener("focusin", () => this.#tell("touch"));
    this.root.addEventListener("pointerdown", () => this.#tell("touch"));
    this.root.querySelector("[data-remove]").addEventListener("click", () => this.#tell("remove"));
  }

  get choice() {
    return this.select.value;
  }

  get name() {
    return this.select.selectedOptions[0].textContent.trim();
  }

  get slide() {
    return this.page.slide;
  }

  get isTruth() {
    return this.kind === "truth";
  }

  get isReading() {
    return this.kind === "reading";
  }

  /**
   * Show a choice of the list: a reading, a slide's truth, or its bare tissue.
   * state: what of the pane's state is known already. beside: the id of the reading whose values
   * are told under the cursor where none is shown.
   */
  async show(choice, { state = {}, beside = null } = {}) {
    this.select.value = choice;
    const { slide, kind } = this.select.selectedOptions[0].dataset;
    const isSameKind = this.kind === kind;
    this.kind = kind;
    this.#stand(Number(slide));
    this.root.classList.toggle("is-reading", this.isReading);
    const prediction = this.isReading ? Number(choice) : beside;
    const usual = isSameKind ? this.pane.state.layers : this.#usualLayers(prediction);
    await this.pane.open({ ...state, prediction, layers: { ...usual, ...known(state).layers } });
  }

  /** The layers of a version's own default, or what makes a truth, a reading or tissue seen. */
  #usualLayers(prediction) {
    const { display } = this.page.predictions.find(({ id }) => id === prediction) ?? {};
    return this.isReading && display?.layers ? display.layers : LAYERS_OF[this.kind];
  }

  /** A viewer belongs to its slide: another slide gets another viewer. */
  #stand(id) {
    if (this.page?.slide.id === id) return;
    this.page = this.pages.get(id);
    const template = document.querySelector(`template[data-stage-of="${id}"]`);
    const stage = document.importNode(template.content, true).querySelector(".stage");
    this.root.querySelector("[data-place]").replaceChildren(stage);
    this.viewer = stage.querySelector("slide-viewer");
    this.pane = new Pane(this.viewer, this.page);
    this.told = null;
    wireChrome(stage, this.viewer);
    this.#listen(this.viewer, this.pane);
    this.end();
    this.standing = new AbortController();
    const { viewer, pane, page } = this;
    const complain = (words) => this.complain(words);
    this.stage = new Stage({ viewer, pane, page, complain, root: stage, signal: this.standing.signal });
  }

  /** Let go of what its viewer listens to beyond itself. */
  end() {
    this.standing?.abort();
  }

  #listen(viewer, pane) {
    viewer.addEventListener("lead", () => this.#tell("lead"));
    viewer.addEventListener("viewchange", () => this.#tell("move"));
    viewer.addEventListener("ready", () => this.#tell("ready"));
    viewer.addEventListener("viewrest", () => this.#tell("rest"));
    viewer.addEventListener("point", (event) => this.#tell("point", event.detail));
    viewer.addEventListener("failed", () => this.complain(this.page.words.slide));
    pane.addEventListener("change", () => this.#tell("change"));
    pane.addEventListener("trouble", (event) => this.complain(this.page.words[event.detail]));
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  get isOpen() {
    return Boolean(this.viewer?.isOpen);
  }

  /** Where it looks, as `linking.js` reads it; null before its slide is open. */
  get look() {
    if (!this.isOpen) return null;
    const { x, y, rotation, isFlipped } = this.viewer.view;
    return { x, y, rotation, isFlipped: Boolean(isFlipped), scale: this.viewer.scale };
  }

  /** Take the look that the viewer in hand gives it; the same look again costs nothing. */
  follow(look) {
    const { x, y } = this.viewer.viewer.viewport.getContainerSize(); // lags behind the page's
    const told = JSON.stringify([look, x, y]);
    if (told === this.told) return;
    this.told = told;
    const { scale, ...place } = look;
    this.viewer.show({ ...place, width: this.viewer.clientWidth / scale }, true);
  }

  /** Forget what it was told: a person has moved it since. */
  letGo() {
    this.told = null;
  }

  /** Tell the value at a level-0 point, and mark it; null takes both away. */
  mark(point) {
    setText(this.root, "point", pointWords(point, this.#found(point), this.slide, this.page.words));
    const cross = this.root.querySelector(".cross");
    cross.hidden = !point || !this.isOpen;
    if (cross.hidden) return;
    const place = this.viewer.toScreen(point);
    cross.style.transform = `translate(${place.x}px, ${place.y}px)`;
  }

  #found(point) {
    const found = this.pane.at(point);
    return found && this.isTruth ? { truthShare: found.truthShare } : found;
  }

  complain(words) {
    const place = this.root.querySelector("[data-trouble]");
    place.textContent = words;
    place.hidden = false;
  }
}
