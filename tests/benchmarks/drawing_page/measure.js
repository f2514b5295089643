// Times of the drawing in a browser: window.measure() gives them as one object, all in ms.

import * as arithmetic from "/static/js/drawing/arithmetic.js";
import { Drawing } from "/static/js/drawing/document.js";
import { changed, featureOf, makeRegion } from "/static/js/drawing/features.js";
import { LABELS } from "/static/js/drawing/labels.js";
import { RegionPainter } from "/static/js/drawing/region-painter.js";
import { addLayerTo } from "/static/js/viewer/layer.js";

const SLIDE = { width: 100000, height: 100000 };
const REGIONS = 5000;
const VERTICES = 40;
const LARGE_VERTICES = 20000;
const FRAMES = 90;
const REPEATS = 15;
// Widths of the view in level-0 px: the whole slide, a field at about 2.5x, one at about 20x.
const VIEWS = { overview: 130000, middle: 16000, close: 2000 };

let seed = 11;
function draw() {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
}

function blob({ x, y, radius, vertices, wobble }) {
  const ring = Array.from({ length: vertices }, (_, i) => {
    const angle = (i / vertices) * 2 * Math.PI;
    const far = radius * (1 + 0.15 * Math.sin(9 * angle) + wobble * (draw() - 0.5));
    const eighths = (value) => Math.round(value * 8) / 8;
    return [eighths(x + far * Math.cos(angle)), eighths(y + far * Math.sin(angle))];
  });
  return [[ring]];
}

function features() {
  const small = Array.from({ length: REGIONS }, (_, i) => {
    const place = { x: 2000 + 96000 * draw(), y: 2000 + 96000 * draw() };
    const polygons = blob({ ...place, radius: 60 + 500 * draw() ** 2, vertices: VERTICES, wobble: 0.1 });
    return makeRegion({ id: `r${i}`, label: LABELS[i % LABELS.length].label, polygons });
  });
  return [...small, large()].map(featureOf);
}

function large() {
  const outline = { x: 50000, y: 50000, radius: 20000, vertices: LARGE_VERTICES, wobble: 0.0004 };
  return makeRegion({ id: "large", label: "tumour", polygons: arithmetic.repaired(blob(outline)) });
}

/** A stage that has what a layer asks of a viewer. */
class Stage {
  isOpen = true;
  layers = [];
  element = document.getElementById("stage");

  look({ x, y, width }) {
    this.at = { x, y, scale: this.extent.width / width };
  }

  get extent() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  get scene() {
    const { x, y, scale } = this.at;
    const map = { a: scale, b: 0, c: 0, d: scale };
    map.e = this.extent.width / 2 - x * scale;
    map.f = this.extent.height / 2 - y * scale;
    return { map, ratio: window.devicePixelRatio, size: SLIDE };
  }

  addLayer(layer) {
    return addLayerTo(this, this.element, layer);
  }
}

const stage = new Stage();
const drawing = new Drawing(SLIDE);
const painter = new RegionPainter(stage, drawing);

/** Leave one view of everything on the screen, for a look by eye. */
window.show = (view, look = {}) => {
  if (!drawing.regions.size) drawing.load(features());
  painter.update(look);
  stage.look(view);
  painter.layer.paint(stage.scene);
};

window.measure = async () => {
  const given = features();
  const load = repeated(() => drawing.load(given));
  const frames = {};
  for (const style of ["outline", "heat"]) {
    painter.update({ style });
    for (const [name, width] of Object.entries(VIEWS)) {
      frames[`${name}, ${style}`] = await moving({ from: width, to: width });
    }
    frames[`zoom, ${style}`] = await moving({ from: VIEWS.overview, to: VIEWS.close });
  }
  return { load, frames, ...edits() };
};

/** Script time and distance of frames while the view moves along and, it may be, zooms. */
async function moving({ from, to }) {
  painter.chunks.clear();
  const script = [];
  const stamps = [];
  for (let i = 0; i < FRAMES; i += 1) {
    const part = i / FRAMES;
    const width = from * (to / from) ** part;
    stage.look({ x: 30500 + 0.4 * from * part * (from === to), y: 50000 + 0.1 * width * part, width });
    stamps.push(await new Promise(requestAnimationFrame));
    const began = performance.now();
    painter.layer.paint(stage.scene);
    script.push(performance.now() - began);
  }
  const apart = stamps.slice(1).map((stamp, i) => stamp - stamps[i]);
  return { script: summary(script), apart: summary(apart) };
}

function edits() {
  const region = drawing.get("large");
  const dab = (i) => arithmetic.stroke([[30000 + 10 * i, 50000], [30400, 50300 + 10 * i]], 300);
  const small = drawing.get("r7");
  return {
    apply: repeated((i) => {
      const before = drawing.get("r7");
      const polygons = small.polygons.map(([[, ...rest]]) => [[[i, 1], ...rest]]);
      drawing.apply([{ id: "r7", before, after: changed(before, { polygons }) }], "Move");
    }),
    applyLarge: repeated(() => {
      const before = drawing.get("large");
      drawing.apply([{ id: "large", before, after: changed(before, {}) }], "Move");
    }),
    undo: repeated(() => drawing.undo()),
    paintAfterEdit: repeated(() => {
      const before = drawing.get("r7");
      drawing.apply([{ id: "r7", before, after: changed(before, {}) }], "Move");
      painter.layer.paint(stage.scene);
    }),
    unionOfLarge: repeated((i) => arithmetic.united([region.polygons, dab(i)])),
    differenceOfLarge: repeated((i) => arithmetic.difference(region.polygons, dab(i))),
    splitOfLarge: repeated(() => arithmetic.splitBy(region.polygons, [[20000, 50000], [80000, 51000]])),
    atPoint: repeated((i) => drawing.at({ x: 50000 + i, y: 50000 }, 10)),
  };
}

function repeated(work) {
  const times = Array.from({ length: REPEATS }, (_, i) => {
    const began = performance.now();
    work(i);
    return performance.now() - began;
  });
  return summary(times);
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => Math.round(10 * sorted[Math.floor(share * (sorted.length - 1))]) / 10;
  return { median: at(0.5), p95: at(0.95), most: at(1) };
}
