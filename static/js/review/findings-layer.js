// Findings on the slide: a frame or the corrected outline, with number and state; the current one
// stands out. States differ by their lines and signs, not by colour alone.

import { apply, scaleOf } from "../viewer/geometry.js";
import { setTransform, toDevice } from "../viewer/strokes.js";
import { polygonsOf } from "./fold.js";

const ORDER = 25;
const CASING = "rgb(255 255 255 / 88%)";
const LEAST_PX = 18; // smaller findings are framed as large as this
const SIGNS = { accepted: "✓", added: "+", rejected: "×", open: "" };
const DASHES = { accepted: [], added: [], rejected: [3, 4], open: [8, 4] };

export class FindingsLayer {
  constructor(reader, { judging, review }) {
    Object.assign(this, { reader, judging, review, paths: new Map() });
    const style = getComputedStyle(reader);
    this.colours = Object.fromEntries(
      ["open", "accepted", "rejected", "added"].map((state) => [state, style.getPropertyValue(`--finding-${state}`).trim()]),
    );
    this.layer = reader.viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => this.#paint(context, scene),
      isNeeded: () => !reader.pane.peeked && this.isShown && review.shown.length > 0,
    });
    for (const source of [judging, review, reader.pane]) source.addEventListener("change", () => this.layer.repaint());
  }

  isShown = true;

  /** Hide a finding while its outline is corrected. */
  hide(key) {
    this.hidden = key;
    this.layer.repaint();
  }

  #paint(context, scene) {
    const { key } = this.judging;
    const others = this.review.shown.filter((one) => one.key !== key && one.key !== this.hidden);
    for (const finding of others) this.#one(context, scene, finding, false);
    const current = this.review.get(key);
    if (current && current.state !== "withdrawn" && key !== this.hidden) this.#one(context, scene, current, true);
  }

  #one(context, scene, finding, isCurrent) {
    const box = screenBox(scene.map, finding.box_l0);
    const { width, height } = context.canvas;
    if (box.right < -40 || box.bottom < -40 || box.left > width || box.top > height) return;
    const colour = this.colours[finding.state];
    if (finding.region && finding.region.type !== "Point") this.#outline(context, scene, finding, { colour, isCurrent });
    else this.#frame(context, scene, box, { colour, isCurrent, dash: DASHES[finding.state] });
    context.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    label(context, box, { colour, words: `${finding.number} ${SIGNS[finding.state]}`.trim(), isCurrent });
  }

  #frame(context, { ratio }, { left, top, right, bottom }, { colour, isCurrent, dash }) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const path = new Path2D();
    path.rect(left - 4, top - 4, right - left + 8, bottom - top + 8);
    stroke(context, path, { colour, dash, width: isCurrent ? 3 : 2, px: 1 });
  }

  #outline(context, { map, ratio }, { region }, { colour, isCurrent }) {
    if (!this.paths.has(region)) this.paths.set(region, pathOf(region));
    setTransform(context, toDevice(map, ratio));
    stroke(context, this.paths.get(region), { colour, dash: [], width: isCurrent ? 3 : 2, px: 1 / scaleOf(map) });
  }
}

function pathOf(region) {
  const path = new Path2D();
  for (const ring of polygonsOf(region).flat()) {
    ring.forEach(([x, y], i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
    path.closePath();
  }
  return path;
}

function stroke(context, path, { colour, dash, width, px }) {
  for (const [paint, line, dashes] of [[CASING, width + 2, []], [colour, width, dash]]) {
    context.strokeStyle = paint;
    context.lineWidth = line * px;
    context.setLineDash(dashes.map((length) => length * px));
    context.stroke(path);
  }
  context.setLineDash([]);
}

/** The upright box on the screen round a box of the slide, at least so large that it is seen. */
function screenBox(map, [left, top, right, bottom]) {
  const corners = [[left, top], [right, top], [right, bottom], [left, bottom]].map(([x, y]) => apply(map, { x, y }));
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [x, width] = atLeast(Math.min(...xs), Math.max(...xs));
  const [y, height] = atLeast(Math.min(...ys), Math.max(...ys));
  return { left: x, right: x + width, top: y, bottom: y + height };
}

function atLeast(from, to) {
  const length = Math.max(to - from, LEAST_PX);
  return [(from + to - length) / 2, length];
}

function label(context, { left, top }, { colour, words, isCurrent }) {
  context.font = `600 ${isCurrent ? 13 : 11}px "IBM Plex Sans", sans-serif`;
  const width = context.measureText(words).width + 10;
  const height = isCurrent ? 20 : 17;
  context.beginPath();
  context.roundRect(left - 5, top - height - 7, width, height, 4);
  context.fillStyle = isCurrent ? colour : CASING;
  context.fill();
  context.fillStyle = isCurrent ? "#ffffff" : colour;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(words, left, top - height / 2 - 6.5);
}
