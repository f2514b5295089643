// Paints measures over tissue: lines in a pale casing, ends, what they say; the centre's cross.

import { apply } from "../viewer/geometry.js";
import { FEWEST, figuresOf, shortWords } from "./figures.js";

const FONT = "600 13px 'IBM Plex Sans', 'Segoe UI', sans-serif";
const END_PX = 5;
const CROSS_PX = 14;
const PALE = "rgb(255 255 255 / 92%)";

export class MeasurePainter {
  constructor(mpp, colour) {
    Object.assign(this, { mpp, colour });
  }

  /** context in device px; scene as a viewer's layer gives it; tool: the MeasureTool. */
  paint(context, { map, ratio, stage }, measures, tool) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.lineJoin = "round";
    context.lineCap = "round";
    for (const measure of measures) this.#measure(context, map, measure, tool.isOn);
    if (tool.sketch) this.#measure(context, map, tool.sketch, true);
    if (tool.isOn) this.#cross(context, { x: stage.width / 2, y: stage.height / 2 });
  }

  #measure(context, map, measure, hasEnds) {
    const places = measure.points.map((point) => apply(map, point));
    this.#line(context, places, { isClosed: measure.kind === "area" });
    if (hasEnds || measure.kind === "length") for (const place of places) this.#end(context, place);
    if (places.length < FEWEST[measure.kind]) return;
    const figures = figuresOf(measure, this.mpp);
    if (figures.ends) this.#line(context, figures.ends.map((point) => apply(map, point)), { dash: [5, 5] });
    const number = measure.id ? `${measure.id}: ` : "";
    this.#label(context, labelPlace(measure, places), number + shortWords(measure, figures));
  }

  #line(context, places, { isClosed = false, dash = [] }) {
    const path = new Path2D();
    for (const { x, y } of places) path.lineTo(x, y);
    if (isClosed) path.closePath();
    for (const [colour, width] of [[PALE, 5], [this.colour, 2]]) {
      context.setLineDash(colour === PALE ? [] : dash);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(path);
    }
    context.setLineDash([]);
  }

  #end(context, { x, y }) {
    context.beginPath();
    context.arc(x, y, END_PX, 0, 2 * Math.PI);
    context.fillStyle = PALE;
    context.fill();
    context.strokeStyle = this.colour;
    context.lineWidth = 2;
    context.stroke();
  }

  #label(context, { x, y }, words) {
    context.font = FONT;
    const width = context.measureText(words).width + 12;
    context.fillStyle = PALE;
    context.beginPath();
    context.roundRect(x - width / 2, y - 11, width, 22, 5);
    context.fill();
    context.fillStyle = this.colour;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(words, x, y + 0.5);
  }

  #cross(context, { x, y }) {
    const path = new Path2D(
      `M${x - CROSS_PX} ${y}h${CROSS_PX - 4}m8 0h${CROSS_PX - 4}M${x} ${y - CROSS_PX}v${CROSS_PX - 4}m0 8v${CROSS_PX - 4}`,
    );
    for (const [colour, width] of [[PALE, 4], [this.colour, 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke(path);
    }
  }
}

/** A length is told beside its last end, an area in the middle of its corners. */
function labelPlace({ kind }, places) {
  if (kind === "length") {
    const [before, last] = places.slice(-2);
    const length = Math.hypot(last.x - before.x, last.y - before.y) || 1;
    return { x: last.x + ((last.x - before.x) / length) * 56, y: last.y + ((last.y - before.y) / length) * 24 };
  }
  const sum = places.reduce((all, { x, y }) => ({ x: all.x + x, y: all.y + y }), { x: 0, y: 0 });
  return { x: sum.x / places.length, y: sum.y / places.length };
}
