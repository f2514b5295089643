// <compare-view>: two viewers of one slide. Each has its own reading; place, layers and
// threshold are shared as long as their link is on.

import "../viewer/key-list.js";
import "../viewer/slide-viewer.js";
import "../maps/threshold-ruler.js";
import { setText, showState, wireControls } from "./layer-controls.js";
import { Pane } from "./pane.js";
import { gettext } from "../words.js";
import { Commands } from "../viewer/commands.js";
import { readerCommands } from "./reader-commands.js";
import { pointWords, wireChrome } from "../viewer/viewer-chrome.js";

const TRUTH = "truth";
const NOTHING = "–";
const COUNTS = new Set(["assessed", "called", "tp", "fp", "fn", "tn", "missed", "ignored"]);

class CompareView extends HTMLElement {
  connectedCallback() {
    this.page = JSON.parse(document.getElementById("reader-data").textContent);
    this.ending = new AbortController();
    this.links = { view: true, layers: true, threshold: true };
    this.sides = [...this.querySelectorAll("[data-side]")].map((root) => this.#side(root));
    this.leader = this.sides[0];
    this.active = this.sides[1] ?? this.sides[0];
    wireControls(this.querySelector("[data-controls]"), (patch) => this.change(patch));
    this.#listen(this.ending.signal);
    this.#read(this.page.sides);
  }

  disconnectedCallback() {
    this.ending.abort();
  }

  #side(root) {
    const viewer = root.querySelector("slide-viewer");
    const side = { root, viewer, pane: new Pane(viewer, this.page), choice: root.querySelector("select") };
    wireChrome(root, viewer);
    viewer.addEventListener("lead", () => this.#lead(side));
    viewer.addEventListener("viewchange", () => this.#follow(side));
    viewer.addEventListener("ready", () => this.#follow(side));
    viewer.addEventListener("point", (event) => this.#point(event.detail));
    viewer.addEventListener("failed", () => this.#complain(root, this.page.words.slide));
    side.pane.addEventListener("change", () => this.#show(side));
    side.pane.addEventListener("trouble", (event) => this.#complain(root, this.page.words[event.detail]));
    side.choice.addEventListener("change", () => this.#choose(side, side.choice.value));
    root.addEventListener("focusin", () => this.#activate(side));
    root.addEventListener("pointerdown", () => this.#activate(side));
    return side;
  }

  #listen(signal) {
    for (const box of this.querySelectorAll("[data-link]")) {
      box.addEventListener("change", () => {
        this.links[box.dataset.link] = box.checked;
        if (box.checked) this.#align(box.dataset.link);
      });
    }
    this.querySelector("[data-swap]").addEventListener("click", () => this.#swap());
    const list = this.querySelector("key-list");
    const help = () => list.toggle(this.commands);
    this.querySelector("[data-help]").addEventListener("click", help);
    this.commands = new Commands();
    this.commands.add([
      ...readerCommands({
        viewer: () => this.active.viewer,
        pane: () => this.active.pane,
        change: (patch) => this.change(patch),
        none: () => this.change({ layer: "none" }),
        peek: (layers) => this.sides.forEach(({ pane }) => pane.peek(layers)),
        step: (places) => this.active.pane.step(places),
        help,
      }),
      {
        ...{ name: "swap", group: gettext("Side by side"), label: gettext("Swap the sides") },
        keys: ["x"],
        run: () => this.#swap(),
      },
    ]);
    this.commands.listen(signal);
  }

  /** Change the active side, and the other one too in what is linked. */
  change(patch) {
    const isThreshold = "threshold" in patch;
    const isLinked = isThreshold ? this.links.threshold : this.links.layers;
    if (patch.reset) this.#reach(this.links.threshold).forEach(({ pane }) => pane.resetThreshold());
    else if (patch.layer && patch.layer !== "none") this.#toggle(patch.layer, isLinked);
    else if (patch.layer) this.#reach(isLinked).forEach(({ pane }) => pane.showNone());
    else this.#reach(isLinked).forEach(({ pane }) => pane.update(patch));
  }

  #toggle(layer, isLinked) {
    this.active.pane.toggle(layer);
    const { layers } = this.active.pane.state;
    if (isLinked && this.#areAlike()) this.#other(this.active).pane.update({ layers });
  }

  /** Layers are shared between two readings only: the truth's side shows the truth. */
  #areAlike() {
    return this.sides.every(({ isTruth }) => !isTruth);
  }

  #reach(isLinked) {
    return isLinked ? this.sides : [this.active];
  }

  #other(side) {
    return this.sides.find((each) => each !== side);
  }

  #align(link) {
    const { state } = this.active.pane;
    const other = this.#other(this.active);
    if (link === "view") this.#lead(this.active);
    if (link === "threshold") other.pane.update({ threshold: state.threshold });
    if (link === "layers" && this.#areAlike()) other.pane.update({ layers: state.layers });
  }

  #lead(side) {
    this.leader = side;
    this.#follow(side);
  }

  /** Only the viewer in a person's hand leads, so that no echo comes back. */
  #follow(side) {
    if (side !== this.leader || !this.links.view || !side.viewer.isOpen) return;
    this.#other(side).viewer.show(side.viewer.view, true);
  }

  #activate(side) {
    if (this.active === side) return;
    this.active = side;
    this.#show(side);
  }

  #read(choices) {
    this.sides.forEach((side, i) => this.#choose(side, choices[i]));
  }

  /** A side shows the truth's mask alone, or a version's reading. */
  async #choose(side, choice) {
    side.choice.value = choice;
    side.isTruth = choice === TRUTH;
    side.root.classList.toggle("is-truth", side.isTruth);
    const layers = { truth: side.isTruth, probability: !side.isTruth, agreement: false };
    const loaded = side.pane.choose(side.isTruth ? this.#readerId(side) : Number(choice));
    side.pane.update({ layers });
    this.#remember();
    await loaded;
  }

  /** The truth side keeps the other side's map for the value under the cursor. */
  #readerId(side) {
    const other = this.#other(side)?.choice.value;
    return Number(other) || (this.page.predictions[0]?.id ?? null);
  }

  #swap() {
    const [a, b] = this.sides.map(({ choice }) => choice.value);
    const [stateA, stateB] = this.sides.map(({ pane }) => pane.state);
    this.#choose(this.sides[0], b);
    this.#choose(this.sides[1], a);
    this.sides[0].pane.update({ threshold: stateB.threshold });
    this.sides[1].pane.update({ threshold: stateA.threshold });
  }

  #remember() {
    const address = new URL(location.href);
    ["a", "b"].forEach((name, i) => address.searchParams.set(name, this.sides?.[i]?.choice.value ?? ""));
    history.replaceState(null, "", address);
  }

  #show(side) {
    if (!this.sides) return;
    if (side === this.active) showState(this.querySelector("[data-controls]"), side.pane);
    for (const each of this.sides) each.root.classList.toggle("is-active", each === this.active);
    this.sides.forEach((each, i) => this.#showColumn(each, i));
  }

  #showColumn(side, i) {
    const figures = side.isTruth ? {} : (side.pane.figures ?? {});
    for (const cell of this.querySelectorAll(`[data-column="${i}"]`)) {
      cell.textContent = figureWords(cell.dataset.figure, figures[cell.dataset.figure]);
    }
    setText(this, `name-${i}`, side.choice.selectedOptions[0]?.textContent.trim() ?? "");
    setText(this, `threshold-${i}`, side.isTruth ? NOTHING : side.pane.state.threshold.toFixed(3));
  }

  #point(point) {
    for (const { root, pane, isTruth } of this.sides) {
      const found = pane.at(point);
      const shown = found && isTruth ? { truthShare: found.truthShare } : found;
      setText(root, "point", pointWords(point, shown, this.page.slide, this.page.words));
    }
    this.#cross(point);
  }

  /** A cross on the same tissue in both. */
  #cross(point) {
    for (const { root, viewer } of this.sides) {
      const cross = root.querySelector(".cross");
      cross.hidden = !point || !viewer.isOpen;
      if (cross.hidden) continue;
      const place = viewer.toScreen(point);
      cross.style.transform = `translate(${place.x}px, ${place.y}px)`;
    }
  }

  #complain(root, words) {
    const place = root.querySelector("[data-trouble]");
    place.textContent = words;
    place.hidden = false;
  }
}

function figureWords(name, value) {
  if (value === undefined || value === null) return NOTHING;
  return COUNTS.has(name) ? value.toLocaleString("en") : value.toFixed(3);
}

customElements.define("compare-view", CompareView);
