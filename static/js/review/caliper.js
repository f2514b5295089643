// The caliper: the two ends of a finding's longest diameter, drawn by the pointer or moved by keys.

import { longestDiameter } from "../drawing/shapes.js";
import { lengthWords, sourceWords } from "../measuring/figures.js";
import { MeasurePainter } from "../measuring/measure-painter.js";
import { filled, gettext } from "../words.js";
import { cellsOutline } from "./cells-outline.js";
import { polygonsOf } from "./fold.js";

const ORDER = 45;
const NEAR_PX = 22; // a finger's width round an end
const NUDGE_PX = 4;

export class Caliper {
  cursor = "crosshair";
  ends = null; // [{x, y}, {x, y}] while it is on
  onEnd = () => {};

  constructor(reader) {
    const { slide } = reader.page;
    Object.assign(this, { reader, viewer: reader.viewer, slide, at: 1, held: null });
    this.hint = reader.querySelector("[data-caliper]");
    const colour = getComputedStyle(reader).getPropertyValue("--measure").trim();
    const painter = new MeasurePainter(slide.mpp, colour);
    this.layer = this.viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => this.#paint(painter, context, scene),
      isNeeded: () => this.isOn,
    });
    this.viewer.addEventListener("toolchange", () => this.isOn && this.viewer.tool !== this && this.#end());
  }

  get isOn() {
    return this.ends !== null;
  }

  get lengthUm() {
    const [a, b] = this.ends;
    return Math.hypot(b.x - a.x, b.y - a.y) * this.slide.mpp;
  }

  /** Begin on a finding. kept(caliper): called with the two ends, [[x, y], [x, y]]. */
  begin(finding, kept) {
    if (!this.slide.mpp) return;
    this.kept = kept;
    this.ends = endsOf(this.reader.pane, finding);
    this.viewer.useTool(this);
    this.viewer.viewer.canvas.focus({ preventScroll: true });
    this.#show();
  }

  keep() {
    if (!this.isOn) return;
    const { ends, kept } = this;
    this.#end();
    kept(ends.map(({ x, y }) => [x, y]));
  }

  drop() {
    if (this.isOn) this.#end();
  }

  #end() {
    this.ends = null;
    if (this.viewer.tool === this) this.viewer.useTool(null);
    this.#show();
    this.onEnd();
  }

  // The pointer ------------------------------------------------------------------------

  press({ point, screen }) {
    this.held = this.#endAt(screen);
    this.began = this.held === null ? point : null;
  }

  drag({ point }) {
    if (!this.isOn) return;
    if (this.began) {
      this.ends = [this.began, this.began]; // drawn anew from here
      this.held = 1;
      this.began = null;
    }
    this.#move(this.held, point);
  }

  release() {
    this.held = null;
    this.began = null;
  }

  cancel() {
    this.release();
  }

  #endAt(screen) {
    const gaps = this.ends.map((end) => {
      const { x, y } = this.viewer.toScreen(end);
      return Math.hypot(x - screen.x, y - screen.y);
    });
    const nearest = gaps[0] <= gaps[1] ? 0 : 1;
    return gaps[nearest] <= NEAR_PX ? nearest : null;
  }

  // Keys -------------------------------------------------------------------------------

  commands() {
    const when = () => this.isOn;
    const one = (name, keys, label, run, isRepeated = false) => ({
      ...{ name: `caliper-${name}`, group: gettext("Caliper"), isOurs: true, keys, label, when, run, isRepeated },
    });
    const nudge = (name, key, label, right, down) =>
      one(name, [key], label, () => this.#nudge(right * NUDGE_PX, down * NUDGE_PX), true);
    return [
      one("keep", ["enter", "m"], gettext("Keep the length"), () => this.keep()),
      one("drop", ["escape"], gettext("Give it up"), () => this.drop()),
      one("other", [".", ","], gettext("To the other end"), () => this.#turn()),
      nudge("left", "arrowleft", gettext("The end to the left"), -1, 0),
      nudge("right", "arrowright", gettext("The end to the right"), 1, 0),
      nudge("up", "arrowup", gettext("The end up"), 0, -1),
      nudge("down", "arrowdown", gettext("The end down"), 0, 1),
    ];
  }

  #turn() {
    this.at = 1 - this.at;
    this.#show();
  }

  #nudge(right, down) {
    const { x, y } = this.viewer.toScreen(this.ends[this.at]);
    this.#move(this.at, this.viewer.toLevel0({ x: x + right, y: y + down }));
  }

  #move(place, { x, y }) {
    const { width, height } = this.slide;
    const within = { x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) };
    this.ends = this.ends.map((end, i) => (i === place ? within : end));
    this.at = place;
    this.#show();
  }

  #show() {
    this.layer.repaint();
    this.hint.hidden = !this.isOn;
    const button = this.reader.querySelector("[data-act=measure]");
    button?.setAttribute("aria-pressed", String(this.isOn));
    if (!this.isOn) return;
    const words = gettext("%(length)s. Drag an end, or move it by arrows (. for the other end). Enter keeps it. %(source)s");
    this.hint.textContent = filled(words, { length: lengthWords(this.lengthUm), source: sourceWords(this.slide) });
  }

  #paint(painter, context, scene) {
    const stage = { width: this.viewer.clientWidth, height: this.viewer.clientHeight };
    const measure = { id: 0, kind: "length", points: [this.ends[1 - this.at], this.ends[this.at]] };
    painter.paint(context, { ...scene, stage }, [measure], { isOn: false, sketch: null });
  }
}

/** Where the caliper begins: as it was set, else across the outline's longest diameter. */
function endsOf(pane, { caliper, region, box_l0: [left, top, right, bottom], ...finding }) {
  if (caliper) return caliper.map(([x, y]) => ({ x, y }));
  const outline = region ? polygonsOf(region) : cellsOutline(pane, { ...finding, box_l0: [left, top, right, bottom] });
  const widest = outline && longestDiameter(outline);
  if (widest?.length > 0) return [widest.from, widest.to].map(([x, y]) => ({ x, y }));
  const y = (top + bottom) / 2;
  const least = Math.max(right - left, 2);
  return [{ x: left, y }, { x: left + least, y }];
}
