// The outlines of a file that is not truth yet: dashed over the tissue, a pin where they are small.

import { truthOutlines } from "../maps/outlines.js";
import { apply, scaleOf } from "../viewer/geometry.js";
import { setTransform, toDevice } from "../viewer/strokes.js";

const ORDER = 15;
const PIN_BELOW_PX = 10;
const PIN_RADIUS_PX = 9;
const MARK_RADIUS_PX = 5;
const DASH_PX = [9, 6];
const ROOM_AROUND = 1.25;

export class PreviewLayer {
  constructor(viewer) {
    this.viewer = viewer;
    this.layer = viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => this.#paint(context, scene),
      isNeeded: () => Boolean(this.outlines),
    });
    this.layer.canvas.dataset.layerName = "truth-preview";
  }

  /** Show the outlines behind an address; null shows none. Fails if they do not come. */
  async show(url) {
    if (url === this.url) return;
    this.url = url;
    this.outlines = null;
    this.layer.repaint();
    if (!url) return;
    const answer = await fetch(url, { headers: { Accept: "application/geo+json" } });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    const collection = await answer.json();
    if (this.url !== url) return; // another was asked for meanwhile
    const points = collection.features.filter(({ geometry }) => geometry.type === "Point");
    this.outlines = { ...truthOutlines(collection), marks: points.map(({ geometry }) => geometry.coordinates) };
    this.layer.repaint();
  }

  /** Bring [left, top, right, bottom] in level-0 px, or what of it is on the slide, into view. */
  bringIntoView([left, top, right, bottom]) {
    const { width, height } = this.viewer.size;
    const box = { left: Math.max(0, left), top: Math.max(0, top), right: Math.min(width, right), bottom: Math.min(height, bottom) };
    if (box.right <= box.left || box.bottom <= box.top) return;
    const aspect = this.viewer.clientWidth / this.viewer.clientHeight;
    const shown = Math.max(box.right - box.left, (box.bottom - box.top) * aspect) * ROOM_AROUND;
    this.viewer.lead();
    this.viewer.show({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, width: shown });
  }

  #paint(context, scene) {
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--preview").trim();
    const map = toDevice(scene.map, scene.ratio);
    const px = scene.ratio / scaleOf(map);
    setTransform(context, map);
    context.lineJoin = "round";
    for (const [label, path] of this.outlines.paths) {
      for (const [paint, line, dash] of [["rgb(255 255 255 / 85%)", 5, []], [colour, 2.6, DASH_PX]]) {
        context.strokeStyle = label === "tumour" || !dash.length ? paint : "#3c4254";
        context.lineWidth = line * px;
        context.setLineDash(dash.map((length) => length * px));
        context.stroke(path);
      }
    }
    context.setLineDash([]);
    this.#paintSmall(context, scene, colour);
  }

  /** What is too small to see at this zoom, and what has no size, is ringed. */
  #paintSmall(context, { map, ratio }, colour) {
    const scale = scaleOf(map);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const { x, y, width, height } of this.outlines.findings) {
      if (Math.max(width, height) * scale >= PIN_BELOW_PX) continue;
      ring(context, apply(map, { x: x + width / 2, y: y + height / 2 }), PIN_RADIUS_PX, colour);
    }
    for (const [x, y] of this.outlines.marks) ring(context, apply(map, { x, y }), MARK_RADIUS_PX, colour);
  }
}

function ring(context, { x, y }, radius, colour) {
  for (const [paint, line] of [["#ffffff", 5], [colour, 2.5]]) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = paint;
    context.lineWidth = line;
    context.stroke();
  }
}
