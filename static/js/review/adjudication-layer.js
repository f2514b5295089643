// Two readers' outlines over the tissue: the first one's whole, the second one's dashed, told apart
// without colour; the lesion in hand stands out, and what would be taken of it is filled.

import { apply, scaleOf } from "../viewer/geometry.js";
import { setTransform, toDevice } from "../viewer/strokes.js";
import { polygonsOf } from "./fold.js";

const ORDER = 27;
const CASING = "rgb(255 255 255 / 85%)";
const DASHES = { first: [], second: [9, 5] };
const POINT_PX = 6;

export class AdjudicationLayer {
  isShown = true;

  /** part: {lesions, current, preview}; asks to be painted again by repaint(). */
  constructor(reader, part) {
    Object.assign(this, { part, paths: new Map() });
    const style = getComputedStyle(document.documentElement);
    this.colours = {
      first: style.getPropertyValue("--first-reader").trim(),
      second: style.getPropertyValue("--second-reader").trim(),
    };
    this.layer = reader.viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => this.#paint(context, scene),
      isNeeded: () => !reader.pane.peeked && this.isShown && part.lesions.length > 0,
    });
    reader.pane.addEventListener("change", () => this.repaint());
  }

  repaint() {
    this.layer.repaint();
  }

  #paint(context, scene) {
    const { lesions, current, preview } = this.part;
    if (preview) this.#fill(context, scene, preview);
    const outlines = lesions.flatMap((lesion) => outlinesOf(lesion, lesion.number === current ? 3 : 1.75));
    // Every casing first: where outlines run along each other, one shows between the other's dashes.
    for (const { region, width } of outlines) this.#line(context, scene, region, { colour: CASING, width: width + 2, dash: [] });
    for (const { region, width, side } of outlines) {
      if (region.type === "Point") this.#point(context, scene, region.coordinates, side);
      else this.#line(context, scene, region, { colour: this.colours[side], width, dash: DASHES[side] });
    }
  }

  #fill(context, { map, ratio }, region) {
    setTransform(context, toDevice(map, ratio));
    context.fillStyle = "rgb(0 115 74 / 30%)";
    context.fill(this.#pathOf(region), "evenodd");
  }

  #line(context, { map, ratio }, region, { colour, width, dash }) {
    if (region.type === "Point") return;
    setTransform(context, toDevice(map, ratio));
    const px = 1 / scaleOf(map);
    context.strokeStyle = colour;
    context.lineWidth = width * px;
    context.setLineDash(dash.map((length) => length * px));
    context.stroke(this.#pathOf(region));
    context.setLineDash([]);
  }

  #point(context, { map, ratio }, [x, y], side) {
    const at = apply(map, { x, y });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.beginPath();
    if (side === "first") context.arc(at.x, at.y, POINT_PX, 0, 2 * Math.PI);
    else context.rect(at.x - POINT_PX, at.y - POINT_PX, 2 * POINT_PX, 2 * POINT_PX);
    context.fillStyle = CASING;
    context.fill();
    context.strokeStyle = this.colours[side];
    context.lineWidth = 2.5;
    context.stroke();
  }

  #pathOf(region) {
    if (!this.paths.has(region)) this.paths.set(region, drawn(region));
    return this.paths.get(region);
  }
}

function outlinesOf(lesion, width) {
  return ["first", "second"].flatMap((side) => lesion[side].map(({ region }) => ({ region, side, width })));
}

function drawn(region) {
  const path = new Path2D();
  for (const ring of polygonsOf(region).flat()) {
    ring.forEach(([x, y], i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
    path.closePath();
  }
  return path;
}
