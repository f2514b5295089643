// A page that reads one slide: its layers, controls, figures and address. What else can be done with
// the slide is a part of its own: connect(reader) is called once, with the page's element.

import "../viewer/key-list.js";
import "../viewer/slide-viewer.js";
import "../maps/threshold-ruler.js";
import * as address from "../viewer/address.js";
import { setText, showState, wireControls } from "./layer-controls.js";
import { showFigures } from "./figures.js";
import { Pane } from "./pane.js";
import { Commands } from "../viewer/commands.js";
import { keepKeysTrue } from "../viewer/key-marks.js";
import { pointWords, wireChrome } from "../viewer/viewer-chrome.js";
import { readerCommands, slideLayerCommands } from "./reader-commands.js";

const REMEMBER_MS = 150;

export class ReaderPage extends HTMLElement {
  /**
   * Each: connect(reader). A part adds its commands to reader.commands, listens to reader.viewer and
   * reader.pane, and ends with reader.signal.
   */
  parts = [];

  connectedCallback() {
    this.page = JSON.parse(document.getElementById("reader-data").textContent);
    this.viewer = this.querySelector("slide-viewer");
    this.pane = new Pane(this.viewer, this.page);
    this.ending = new AbortController();
    this.commands = this.makeCommands();
    wireControls(this, (patch) => this.change(patch));
    wireChrome(this, this.viewer);
    this.#listen(this.ending.signal);
    for (const connect of this.parts) connect(this);
    if (this.viewer.hasFailed) this.complain(this.page.words.slide);
    keepKeysTrue(this, this.commands, this.signal);
    this.#restore();
    this.viewer.repaint(); // it may have been open before anybody here listened
  }

  makeCommands() {
    return new Commands(this.page.user.id);
  }

  /** Aborts when the page lets go of this element. */
  get signal() {
    return this.ending.signal;
  }

  disconnectedCallback() {
    this.ending.abort();
    clearTimeout(this.remembering);
  }

  #listen(signal) {
    this.pane.addEventListener("change", () => this.#show());
    this.pane.addEventListener("trouble", (event) => this.complain(this.page.words[event.detail]));
    this.viewer.addEventListener("viewrest", () => this.#remember());
    this.viewer.addEventListener("viewchange", () => this.#readCentre());
    this.viewer.addEventListener("failed", () => this.complain(this.page.words.slide));
    this.viewer.addEventListener("point", (event) => this.#point(event.detail));
    window.addEventListener("hashchange", () => this.#restore(), { signal });
    this.querySelector("[name=prediction]")?.addEventListener("change", (event) =>
      this.#choose(Number(event.target.value)),
    );
    for (const button of this.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => this.step(Number(button.dataset.step)));
    }
    this.#help(signal);
  }

  #help(signal) {
    const list = this.querySelector("key-list");
    const help = () => list.toggle(this.commands);
    this.querySelector("[data-help]").addEventListener("click", help);
    const page = {
      viewer: () => this.viewer,
      pane: () => this.pane,
      change: (patch) => this.change(patch),
      none: () => this.#none(),
      peek: (layers) => this.#peek(layers),
      step: (places) => this.step(places),
      help,
    };
    this.commands.add([...readerCommands(page), ...slideLayerCommands(page)]);
    this.commands.listen(signal);
  }

  /** As long as layers are hidden by a held key, dragging moves the slide whatever the tool. */
  #peek(layers) {
    this.pane.peek(layers);
    this.viewer.hand.hold(layers !== null);
  }

  /** Every change by a person comes through here: a layer to toggle, or new state. */
  change({ layer, reset, ...patch }) {
    if (reset) this.pane.resetThreshold();
    else if (layer === "none") this.pane.showNone();
    else if (layer) this.pane.toggle(layer);
    else this.pane.update(patch);
    this.#remember();
  }

  #none() {
    this.pane.showNone();
    this.#remember();
  }

  async #choose(id) {
    await this.pane.choose(id);
    this.#remember();
  }

  #restore() {
    const view = address.parse(location.hash);
    if (location.hash === this.written) return;
    clearTimeout(this.remembering);
    const first = this.page.predictions[0]?.id ?? null;
    this.pane.open({ ...view, prediction: view.prediction ?? this.page.chosen ?? first });
    if (view.width) this.viewer.show({ isFlipped: false, ...view }, true);
  }

  /** Write the view into the address once the hand rests: browsers refuse it a hundred times over. */
  #remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.#writeAddress(), REMEMBER_MS);
  }

  /** The history is left alone. */
  #writeAddress() {
    const { state, prediction } = this.pane;
    this.written = `#${address.format({ ...this.viewer.view, ...state, prediction: prediction?.id })}`;
    history.replaceState(null, "", this.written);
  }

  #show() {
    const { pane } = this;
    showState(this, pane);
    showFigures(this, pane);
    this.#countFindings();
    const id = String(pane.prediction?.id ?? "");
    for (const part of this.querySelectorAll("[data-prediction]")) {
      part.hidden = part.dataset.prediction !== id;
    }
    for (const choice of this.querySelectorAll("[name=other] option")) choice.disabled = choice.value === id;
    const choice = this.querySelector("[name=prediction]");
    if (choice) choice.value = id;
    this.#maskLink();
  }

  #countFindings() {
    const { length } = this.pane.findings;
    if (this.pane.shownFinding === null) setText(this, "finding", String(length));
    for (const button of this.querySelectorAll("[data-step]")) button.disabled = length === 0;
  }

  /** The mask that is downloaded is the mask that is seen. */
  #maskLink() {
    for (const link of this.querySelectorAll("[data-mask-url]")) {
      link.href = `${link.dataset.maskUrl}?threshold=${this.pane.state.threshold}`;
    }
  }

  #point(point) {
    this.pointed = point;
    const words = pointWords(point, this.knownAt(point), this.page.slide, this.page.words);
    setText(this, "point-label", this.page.words.cursor);
    if (point) setText(this, "point", words);
    else this.#readCentre();
  }

  /** Without a pointer the middle of the view is read, so that keys alone suffice. */
  #readCentre() {
    if (this.pointed || !this.viewer.isOpen) return;
    const { view } = this.viewer;
    setText(this, "point-label", this.page.words.centre);
    setText(this, "point", pointWords(view, this.knownAt(view), this.page.slide, this.page.words));
  }

  /** What is told of a level-0 point, as `valuesAt` gives it. */
  knownAt(point) {
    return this.pane.at(point);
  }

  /** Show the finding so many places on in the list; says "finding". */
  step(places) {
    const { finding } = this.page.words;
    const shown = this.pane.step(places);
    if (!shown) return;
    setText(this, "finding", finding.replace("%n", shown.number).replace("%t", shown.of));
    this.dispatchEvent(new Event("finding"));
  }

  /** Tell of a trouble over the slide, until the next page. */
  complain(words) {
    const place = this.querySelector("[data-trouble]");
    place.textContent = words;
    place.hidden = false;
  }
}
