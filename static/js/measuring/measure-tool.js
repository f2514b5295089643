// The pointer and the keys while measuring: points by click or at the centre, ends by dragging.
// Fires "change" while a measure is being made, "end" when the tool is put away.

import { FEWEST } from "./figures.js";

const NEAR_PX = 12;

export class MeasureTool extends EventTarget {
  cursor = "crosshair";
  kind = null;
  points = [];
  pointed = null;
  held = null;

  constructor(viewer, measures) {
    super();
    Object.assign(this, { viewer, measures });
  }

  get isOn() {
    return this.kind !== null;
  }

  /** Begin measuring a length or an area. */
  begin(kind) {
    this.#forget();
    this.kind = kind;
    this.viewer.useTool(this);
    this.#changed();
  }

  /** Put the tool away; another tool may have taken the pointer already. */
  end() {
    if (!this.isOn) return;
    this.#forget();
    this.kind = null;
    if (this.viewer.tool === this) this.viewer.useTool(null);
    this.#changed();
  }

  /** The measure being made, its last point where the pointer is; null without any point. */
  get sketch() {
    if (!this.points.length) return null;
    return { kind: this.kind, points: this.pointed ? [...this.points, this.pointed] : this.points };
  }

  press({ point, screen }) {
    this.held = this.#handleAt(screen);
    this.dragged = false;
    if (!this.held && !this.points.length) this.start = point;
  }

  drag({ point }) {
    this.dragged = true;
    if (this.held) this.measures.move(this.held.id, this.held.index, point);
    else if (this.start) this.#stretch(point);
  }

  release() {
    if (this.held) this.measures.save();
    else if (this.dragged && this.start) this.finish();
    this.held = null;
    this.start = null;
  }

  click({ point, screen }) {
    if (this.dragged || this.#handleAt(screen)) return;
    if (this.#isFirst(screen)) this.finish();
    else this.place(point);
  }

  double() {
    this.finish();
  }

  move({ point }) {
    this.pointed = point;
    if (this.points.length) this.#changed();
  }

  leave() {
    this.pointed = null;
    this.#changed();
  }

  cancel() {
    this.giveUp();
  }

  /** Place one more point; the same place again is the end of the measure. */
  place(point) {
    const last = this.points.at(-1);
    const isSame = last && this.#distance(last, point) < 2;
    if (isSame) return this.finish();
    this.points = [...this.points, point];
    this.#changed();
  }

  /** Keep the measure if it has points enough. */
  finish() {
    if (this.points.length < FEWEST[this.kind]) return;
    this.measures.add({ kind: this.kind, points: this.points });
    this.giveUp();
  }

  /** Drop what was begun; tells whether there was anything. */
  giveUp() {
    const had = this.points.length > 0;
    this.#forget();
    this.#changed();
    return had;
  }

  /** Take the last point back; tells whether there was one. */
  back() {
    const had = this.points.length > 0;
    this.points = this.points.slice(0, -1);
    this.#changed();
    return had;
  }

  /** Pulled from its first point, a ruler has two; an area follows the pointer. */
  #stretch(point) {
    if (this.kind === "length" || !this.points.length) this.points = [this.start, point];
    else if (this.#distance(this.points.at(-1), point) >= 4) this.points = [...this.points, point];
    this.pointed = null;
    this.#changed();
  }

  #isFirst(screen) {
    if (this.kind !== "area" || this.points.length < FEWEST.area) return false;
    return isNear(this.viewer.toScreen(this.points[0]), screen);
  }

  #handleAt(screen) {
    if (this.points.length) return null;
    for (const { id, points } of this.measures.all) {
      const index = points.findIndex((point) => isNear(this.viewer.toScreen(point), screen));
      if (index >= 0) return { id, index };
    }
    return null;
  }

  #distance(a, b) {
    return Math.hypot(a.x - b.x, a.y - b.y) * this.viewer.scale;
  }

  #forget() {
    this.points = [];
    this.start = null;
    this.held = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function isNear(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y) <= NEAR_PX;
}
