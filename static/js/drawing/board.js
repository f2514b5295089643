// What a reader draws with: the tool in hand, the label and the mode of what comes next, which
// regions are chosen, and the shape that is growing.
//
// Fires "change" when any of these changed, "say" with {words, canUndo} for the reader.
//
// A draft is the shape that is growing: {tool, kind, mode, points: [x, y] in level-0 px, radius}.
// kind: "outline" (closes by itself), "stroke" (of a round brush, radius in level-0 px), "cut".

import { modeOf } from "./combine.js";

export const BRUSH_PX = { least: 2, usual: 24, most: 200 };
const BRUSH_STEP = 1.25;

export class Board extends EventTarget {
  isOn = false;
  tool = null;
  label = "tumour";
  mode = "new";
  form = null;
  brushPx = BRUSH_PX.usual;
  selected = new Set();
  corner = null;
  draft = null;
  hover = null;
  isByKeys = false;
  preview = null;

  /** keeping: as keeping.js gives it; null until the drawing is loaded. */
  constructor(reader, drawing) {
    super();
    Object.assign(this, { reader, drawing, viewer: reader.viewer, keeping: null });
    drawing.addEventListener("change", () => this.#forgetGone());
  }

  /** Change some of the state, and tell. */
  set(patch) {
    Object.assign(this, patch);
    this.dispatchEvent(new Event("change"));
  }

  say(words, { canUndo = false } = {}) {
    this.dispatchEvent(new CustomEvent("say", { detail: { words, canUndo } }));
  }

  /** Take up a tool; the shape that was growing under another is given up. */
  use(tool) {
    this.tool?.putDown?.();
    this.drop();
    this.set({ tool, corner: null, preview: null });
    this.viewer.useTool(tool);
  }

  select(ids) {
    this.set({ selected: new Set(ids), corner: null, preview: null });
  }

  toggleSelected(id) {
    const next = new Set(this.selected);
    if (!next.delete(id)) next.add(id);
    this.select(next);
  }

  get selectedRegions() {
    return [...this.selected].map((id) => this.drawing.get(id)).filter(Boolean);
  }

  /** The chosen region if it is one alone and has an outline, else null. */
  get onlyRegion() {
    const [region, other] = this.selectedRegions;
    return region && !other && !region.point ? region : null;
  }

  setBrush(px) {
    this.set({ brushPx: Math.min(BRUSH_PX.most, Math.max(BRUSH_PX.least, px)) });
  }

  growBrush(steps) {
    this.setBrush(this.brushPx * BRUSH_STEP ** steps);
  }

  /** Apply changes as one step and choose what is left of them. */
  apply(changes, name) {
    const made = this.drawing.apply(changes, name);
    if (made.length) this.select(made.filter(({ after }) => after).map(({ id }) => id));
    return made;
  }

  #forgetGone() {
    const left = [...this.selected].filter((id) => this.drawing.get(id));
    if (left.length < this.selected.size) this.select(left);
    else this.set({ corner: this.isCornerThere() ? this.corner : null });
  }

  isCornerThere() {
    const { corner, onlyRegion } = this;
    return Boolean(corner && onlyRegion?.polygons[corner.polygon]?.[corner.ring]?.[corner.vertex]);
  }

  /** Begin a shape; the keys held with the press choose its mode. */
  begin(kind, point, { event = null, radius = null, mode = null } = {}) {
    this.draft = {
      ...{ tool: this.tool.name, kind, radius },
      mode: mode ?? modeOf(event, this.mode),
      points: [[point.x, point.y]],
    };
    this.#keep();
  }

  extend(point) {
    this.draft.points.push([point.x, point.y]);
    this.#keep();
  }

  /** Go on with the draft to where the pointer is, once it went so many level-0 px. */
  trail({ x, y }, stepL0) {
    if (!this.draft) return;
    const [lastX, lastY] = this.draft.points.at(-1);
    if (Math.hypot(x - lastX, y - lastY) >= stepL0) this.extend({ x, y });
  }

  /** Put other points in place of the draft's. */
  redraw(points) {
    this.draft.points = points;
    this.#keep();
  }

  /** Give up the shape that is growing. */
  drop() {
    if (!this.draft) return false;
    this.draft = null;
    this.#keep();
    return true;
  }

  /** The draft as it was before a crash, with its tool in hand. */
  resume(draft) {
    this.draft = draft;
    this.#keep();
  }

  #keep() {
    // Kept half a second later at the latest: what is kept then is what the draft holds then.
    this.keeping?.sketch(this.draft);
    this.dispatchEvent(new Event("change"));
  }

  /** Level-0 px of so many screen px. */
  inL0(screenPx) {
    return screenPx / this.viewer.scale;
  }

  /** The level-0 point under the cross-hair, the middle of the view. */
  get centre() {
    const { x, y } = this.viewer.view;
    return { x, y };
  }
}
