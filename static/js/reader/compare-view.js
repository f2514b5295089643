// <compare-view>: two to four viewers of a case. Each shows a reading, a truth or bare tissue;
// place, zoom, turn, layers and threshold are shared as long as their link is on.

import "../viewer/key-list.js";
import "../viewer/slide-viewer.js";
import "../maps/threshold-ruler.js";
import { Bench } from "./bench.js";
import { Commands } from "../viewer/commands.js";
import { keepKeysTrue } from "../viewer/key-marks.js";
import { fullScreen, stageCommands } from "../viewer/stage.js";
import { Side } from "./side.js";
import * as address from "./compare-address.js";
import { compareCommands } from "./compare-commands.js";
import { fillColumn, layColumns, letterOf, sideWords } from "./figures-table.js";
import { PLACE_LINKS } from "./linking.js";
import { readerCommands } from "./reader-commands.js";
import { setText, showState, wireControls } from "./layer-controls.js";
import { decimals } from "../words.js";

const MOST = 4;
const FEWEST = 2;
const REMEMBER_MS = 250; // browsers refuse an address that changes with every frame
const NAMES = ["a", "b", "c", "d"];

class CompareView extends HTMLElement {
  connectedCallback() {
    this.page = JSON.parse(document.getElementById("reader-data").textContent);
    this.pages = new Map(this.page.case.map((each) => [each.slide.id, each]));
    this.bench = new Bench(this.page.case);
    this.ending = new AbortController();
    this.controls = this.querySelector("[data-controls]");
    this.table = this.querySelector("table");
    wireControls(this.controls, (patch) => this.change(patch));
    this.#listen(this.ending.signal);
    this.#restore(address.parse(location.hash));
  }

  disconnectedCallback() {
    this.ending.abort();
    for (const side of this.sides) side.end();
    clearTimeout(this.remembering);
  }

  /** Aborts when the page lets go of this element. */
  get signal() {
    return this.ending.signal;
  }

  get sides() {
    return this.bench.sides;
  }

  #listen(signal) {
    for (const box of this.querySelectorAll("[data-link]")) {
      box.addEventListener("change", () => this.#link({ [box.dataset.link]: box.checked }));
    }
    this.querySelector("[data-swap]").addEventListener("click", () => this.#swap());
    this.querySelector("[data-add]").addEventListener("click", () => this.#add());
    this.querySelector("[data-save-view]").addEventListener("click", () => this.active.stage.save());
    const list = this.querySelector("key-list");
    const help = () => list.toggle(this.commands);
    this.querySelector("[data-help]").addEventListener("click", help);
    this.commands = new Commands(this.page.case[0].user.id);
    const onStage = stageCommands({ stage: () => this.active.stage, screen: fullScreen(this) });
    this.commands.add([...this.#readerCommands(help), ...onStage, ...this.#compareCommands()]);
    this.commands.listen(signal);
    keepKeysTrue(this, this.commands, signal);
  }

  #readerCommands(help) {
    return readerCommands({
      viewer: () => this.active.viewer,
      pane: () => this.active.pane,
      change: (patch) => this.change(patch),
      none: () => this.change({ layer: "none" }),
      peek: (layers) => this.sides.forEach(({ pane }) => pane.peek(layers)),
      step: (places) => this.active.pane.step(places),
      help,
    });
  }

  #compareCommands() {
    return compareCommands({
      add: () => this.#add(),
      remove: () => this.#remove(this.active),
      swap: () => this.#swap(),
      turnTo: (places) => this.#turnTo(places),
      toggleLink: (name) => this.#link({ [name]: !this.bench.links[name] }),
      togglePlace: () => this.#togglePlace(),
    });
  }

  /** What the address says: viewers, their views, what is linked, who is in hand. */
  #restore(given) {
    Object.assign(this.bench.links, given.links);
    this.page.sides.forEach((choice, i) => this.#place(choice, given.sides[i]));
    this.active = this.sides[given.active] ?? this.sides[1];
    this.bench.leader = this.active;
    this.#arranged();
  }

  /** One more viewer, with what is known of its look and place. */
  #place(choice, { placement = null, x, y, width, rotation, isFlipped, ...state } = {}) {
    const side = new Side(this.pages);
    this.bench.sides = [...this.sides, side];
    this.querySelector("[data-sides]").append(side.root);
    this.#hear(side);
    this.#choose(side, choice, state);
    this.bench.place(side, placement);
    if (width) side.viewer.show({ x, y, width, rotation, isFlipped }, true);
    return side;
  }

  #hear(side) {
    side.addEventListener("lead", () => this.bench.lead(side));
    side.addEventListener("move", () => this.#moved(side));
    side.addEventListener("ready", () => this.#opened(side));
    side.addEventListener("rest", () => this.#remember());
    side.addEventListener("point", (event) => this.#point(side, event.detail));
    side.addEventListener("touch", () => this.#activate(side));
    side.addEventListener("change", () => this.#show());
    side.addEventListener("choose", (event) => this.#choose(side, event.detail));
    side.addEventListener("remove", () => this.#remove(side));
  }

  #opened(side) {
    side.letGo();
    this.bench.follow(this.bench.leader);
    this.#remember();
  }

  /** A viewer shows another choice of its list. */
  async #choose(side, choice, state) {
    const loaded = side.show(choice, { state, beside: this.#beside(choice) });
    this.#remember();
    await loaded;
    this.#show();
  }

  /** A truth's viewer tells the values of a reading that stands beside it, if one does. */
  #beside(choice) {
    if (!choice.startsWith("truth-")) return null;
    const page = this.pages.get(Number(choice.split("-")[1]));
    const shown = page?.predictions.map(({ id }) => String(id)) ?? [];
    const neighbour = this.sides.find((each) => shown.includes(each.choice));
    return Number(neighbour?.choice ?? shown[0]) || null;
  }

  /** Another viewer of what nobody shows yet, this slide's readings first. */
  #add() {
    if (this.sides.length === MOST) return;
    const options = [...this.active.select.options].map(({ value }) => value);
    const shown = this.sides.map(({ choice }) => choice);
    const side = this.#place(options.find((each) => !shown.includes(each)) ?? this.active.choice);
    this.active = side;
    this.#arranged();
  }

  #remove(side) {
    if (this.sides.length === FEWEST) return;
    const at = this.sides.indexOf(side);
    this.bench.sides = this.sides.filter((each) => each !== side);
    if (this.active === side) this.active = this.sides[Math.max(0, at - 1)];
    if (this.bench.leader === side) this.bench.leader = this.active;
    side.end();
    side.root.remove();
    this.#arranged();
    this.#focus();
  }

  /** Letters, columns and buttons after viewers came or went. */
  #arranged() {
    const { length } = this.sides;
    this.querySelector("[data-sides]").dataset.count = String(length);
    this.querySelector("[data-add]").disabled = length === MOST;
    this.sides.forEach((side, i) => {
      side.root.dataset.side = String(i);
      side.root.setAttribute("aria-label", sideWords(i));
      side.select.setAttribute("aria-label", sideWords(i));
      side.root.querySelector("[data-remove]").hidden = length === FEWEST;
      side.root.classList.toggle("has-map", i === this.#lastOf(side));
      setText(side.root, "letter", letterOf(i));
    });
    layColumns(this.table, this.sides.map((_, i) => letterOf(i)));
    this.#show();
    this.#remember();
  }

  /** One overview of every slide is enough: its last viewer has it. */
  #lastOf(side) {
    return this.sides.findLastIndex((each) => each.slide.id === side.slide.id);
  }

  #turnTo(places) {
    const { length } = this.sides;
    this.active = this.sides[(this.sides.indexOf(this.active) + places + length) % length];
    this.#focus();
    this.#show();
    this.#remember();
  }

  #focus() {
    this.active.root.querySelector(".openseadragon-canvas")?.focus({ preventScroll: true });
  }

  #activate(side) {
    if (this.active === side) return;
    this.active = side;
    this.#show();
    this.#remember();
  }

  /** Exchange the viewer in hand and the next: what they show, at their thresholds and layers. */
  #swap() {
    const one = this.active;
    const other = this.sides[(this.sides.indexOf(one) + 1) % this.sides.length];
    const kept = [one, other].map(({ choice, pane }) => ({ choice, state: pane.state }));
    this.#choose(one, kept[1].choice, kept[1].state);
    this.#choose(other, kept[0].choice, kept[0].state);
    this.#arranged();
  }

  /** Tell of a trouble over the viewer in hand. */
  complain(words) {
    this.active.complain(words);
  }

  // Links -----------------------------------------------------------------------

  #togglePlace() {
    const isOn = !PLACE_LINKS.every((name) => this.bench.links[name]);
    this.#link(Object.fromEntries(PLACE_LINKS.map((name) => [name, isOn])));
  }

  #link(changed) {
    Object.assign(this.bench.links, changed);
    const on = Object.keys(changed).filter((name) => changed[name]);
    if (on.some((name) => PLACE_LINKS.includes(name))) this.bench.lineUp(this.active);
    const { threshold, layers } = this.active.pane.state;
    if (on.includes("threshold")) this.#others().forEach(({ pane }) => pane.update({ threshold }));
    if (on.includes("layers")) this.#alike().forEach(({ pane }) => pane.update({ layers }));
    this.#show();
    this.#remember();
  }

  #others() {
    return this.sides.filter((side) => side !== this.active);
  }

  /** Layers are shared among readings only: a truth's viewer shows the truth, tissue its tissue. */
  #alike() {
    return this.active.isReading ? this.#others().filter((side) => side.isReading) : [];
  }

  /** Change the viewer in hand, and the others too in what is linked. */
  change({ layer, reset, ...patch }) {
    const { links } = this.bench;
    const isLinked = reset || "threshold" in patch ? links.threshold : links.layers;
    const meant = isLinked ? this.sides : [this.active];
    if (reset) meant.forEach(({ pane }) => pane.resetThreshold());
    else if (layer === "none") meant.forEach(({ pane }) => pane.showNone());
    else if (layer) this.#toggle(layer, isLinked);
    else if (patch.layers) this.#layers(patch.layers, isLinked);
    else meant.forEach(({ pane }) => pane.update(patch));
    this.#remember();
  }

  #toggle(layer, isLinked) {
    this.active.pane.toggle(layer);
    this.#layers(this.active.pane.state.layers, isLinked);
  }

  #layers(layers, isLinked) {
    this.active.pane.update({ layers });
    if (isLinked) this.#alike().forEach(({ pane }) => pane.update({ layers }));
  }

  // What is shown ---------------------------------------------------------------

  #show() {
    if (!this.active?.pane) return;
    showState(this.controls, this.active.pane);
    this.sides.forEach((side, i) => {
      side.root.classList.toggle("is-active", side === this.active);
      setText(side.root, "own-threshold", decimals(side.pane.state.threshold));
      if (this.table.querySelector(`[data-letter="${i}"]`)) fillColumn(this.table, i, side);
    });
    for (const box of this.querySelectorAll("[data-link]")) {
      box.checked = this.bench.links[box.dataset.link];
    }
    this.#remember();
  }

  /** Without a pointer the middle of the viewer in hand is marked, so that keys alone suffice. */
  #point(side, point) {
    this.pointed = point && { side, point };
    this.#mark();
  }

  #mark() {
    const { side, point } = this.pointed ?? { side: this.active, point: this.active.look };
    const points = this.bench.pointsOf(side, point);
    this.sides.forEach((each, i) => each.mark(points[i]));
  }

  /** Another viewer than the leading one moves by itself when its size has changed. */
  #moved(side) {
    this.bench.follow(this.bench.leader);
    if (side === this.active || this.pointed) this.#mark();
  }

  #remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => this.#writeAddress(), REMEMBER_MS);
  }

  #writeAddress() {
    if (!this.sides.every((side) => side.isOpen)) return;
    const place = new URL(location.href);
    place.searchParams.set("slide", this.page.slide);
    NAMES.forEach((name, i) => {
      if (this.sides[i]) place.searchParams.set(name, this.sides[i].choice);
      else place.searchParams.delete(name);
    });
    place.hash = address.format({
      links: this.bench.links,
      active: this.sides.indexOf(this.active),
      sides: this.sides.map((side) => ({
        view: side.viewer.view,
        state: side.pane.state,
        placement: side.slide.id === this.page.slide ? null : this.bench.placementOf(side),
      })),
    });
    history.replaceState(null, "", place);
  }
}

customElements.define("compare-view", CompareView);
