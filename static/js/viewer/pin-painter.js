// Rings round findings that are too small to see at this zoom, whatever the layer they are of.

import { AGREEMENT_LOOKS, VERSION_LOOKS } from "../maps/layer-looks.js";
import { PIN_BELOW_PX, pinsOf } from "../maps/pins.js";
import { apply, scaleOf, scaled } from "./geometry.js";

const RADIUS_PX = 9;
const TRUE_CELLS = "true cells";

export class PinPainter {
  constructor(colours) {
    this.colours = colours;
  }

  paint(context, scene) {
    context.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    const { picture, pair, truth, look } = scene;
    const { layers } = look;
    if (truth && layers.truth) this.#mark(context, scene, truth.findings, 1, "truth");
    if (!picture) return;
    if (layers.probability) this.#markSet(context, scene, picture.in(TRUE_CELLS).map, "called", "called");
    if (layers.agreement && picture.truth) {
      this.#markLooks(context, scene, picture.in(TRUE_CELLS).agreement, AGREEMENT_LOOKS);
    }
    if (layers.versions && pair) this.#markLooks(context, scene, pair.in(TRUE_CELLS), VERSION_LOOKS);
  }

  #markLooks(context, scene, picture, looks) {
    for (const { set, pins = set, colour } of looks) this.#markSet(context, scene, picture, pins, colour);
  }

  /** Groups are only looked for where a single cell is small enough to need a pin. */
  #markSet(context, scene, picture, set, colour) {
    const { sideL0 } = picture.grid;
    if (sideL0 * scaleOf(scene.map) >= PIN_BELOW_PX) return;
    this.#mark(context, scene, picture.groups(set), sideL0, colour);
  }

  #mark(context, { map, ratio }, groups, sideL0, colour) {
    const units = scaled(map, sideL0);
    const { width, height } = context.canvas;
    const pins = pinsOf(groups, {
      place: (point) => apply(units, point),
      scale: scaleOf(units),
      size: { width: width / ratio, height: height / ratio },
    });
    for (const pin of pins) ring(context, pin, this.colours[colour]);
  }
}

function ring(context, { x, y, count }, colour) {
  context.beginPath();
  context.arc(x, y, RADIUS_PX, 0, 2 * Math.PI);
  if (count > 1) {
    context.fillStyle = "rgb(255 255 255 / 92%)";
    context.fill();
  }
  for (const [paint, line] of [["#ffffff", 5], [colour, 2.5]]) {
    context.strokeStyle = paint;
    context.lineWidth = line;
    context.stroke();
  }
  if (count === 1) return;
  context.fillStyle = "#10131f";
  context.font = "600 10px sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(count > 99 ? "99+" : String(count), x, y + 0.5);
}
