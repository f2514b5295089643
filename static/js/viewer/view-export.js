// The view as a PNG: tissue with every layer, and below it a band that says what it is of: scale
// bar, slide, version, threshold, um per px, and what the layers' colours mean.

import { gettext } from "../words.js";
import { patternTiles } from "./patterns.js";

const LINE_PX = 19;
const EDGE_PX = 16;
const SWATCH = { width: 24, height: 12, room: 34 };
const FONT = "13px 'IBM Plex Sans', 'Segoe UI', sans-serif";
const INK = "#10131f";
const PATIENCE_MS = 15000;
const NARROW_PX = 780; // a viewer among several: three columns would squeeze the words

/**
 * Save what a viewer shows. caption: {name, lines: words or null, legend: as maps/legend.js gives
 * it}; times: 1 as on the screen, 2 with twice the px each way, read anew from the slide.
 */
export async function saveView(viewer, caption, times = 1) {
  const ratio = viewer.scene.ratio * times;
  const stage = { width: viewer.clientWidth, height: viewer.clientHeight };
  const band = bandOf(stage.width, caption, viewer);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(stage.width * ratio);
  canvas.height = Math.round((stage.height + band.height) * ratio);
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  const tissue = times === 1 ? viewer.viewer.drawer.canvas : await finerTissue(viewer, times);
  const picture = [canvas.width, Math.round(stage.height * ratio)];
  context.drawImage(tissue, 0, 0, ...picture);
  for (const layer of viewer.layers.filter((each) => each.isNeeded())) {
    context.drawImage(times === 1 ? layer.canvas : finerLayer(layer, viewer, picture, ratio), 0, 0, ...picture);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, stage.height * ratio);
  paintBand(context, band);
  return download(canvas, `${caption.name}_view.png`);
}

/** The same view in a stage of twice the sides, once its tiles have come. */
async function finerTissue(viewer, times) {
  const finer = document.createElement("slide-viewer");
  Object.assign(finer.dataset, { ...viewer.dataset, plain: "" });
  finer.className = "off-stage";
  finer.style.width = `${viewer.clientWidth * times}px`;
  finer.style.height = `${viewer.clientHeight * times}px`;
  const opened = new Promise((resolve) => finer.addEventListener("ready", resolve, { once: true }));
  document.body.append(finer);
  await opened;
  finer.show(viewer.view, true);
  await tilesOf(finer);
  const copy = document.createElement("canvas");
  const { canvas } = finer.viewer.drawer;
  Object.assign(copy, { width: canvas.width, height: canvas.height });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  finer.remove();
  return copy;
}

/** Wait for a viewer's tiles, a while at most: what is missing then stays as coarse as it is. */
async function tilesOf({ viewer }) {
  const image = viewer.world.getItemAt(0);
  const until = performance.now() + PATIENCE_MS;
  do {
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (!image.getFullyLoaded() && performance.now() < until);
  viewer.forceRedraw();
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

function finerLayer(layer, viewer, [width, height], ratio) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  layer.painter(canvas.getContext("2d"), { ...viewer.scene, ratio });
  return canvas;
}

/** What the band holds and how high it is: three columns, the legend below where it is narrow. */
function bandOf(width, { lines, legend }, viewer) {
  const told = lines.filter(Boolean);
  const bar = viewer.scaleBar;
  const left = bar ? Math.max(bar.px, 120) + 2 * EDGE_PX : EDGE_PX;
  const isNarrow = width < NARROW_PX;
  const middle = isNarrow ? width - left : Math.max(220, (width - left) * 0.36);
  const start = isNarrow ? EDGE_PX : left + middle;
  const columns = isNarrow || legend.length > 5 ? 2 : 1;
  const rows = Math.max(told.length, 2);
  const legendRows = Math.ceil(legend.length / columns);
  const above = isNarrow ? rows : 0;
  const height = Math.max(rows, above + legendRows) * LINE_PX + 2 * EDGE_PX - 4;
  return { told, bar, left, middle, width, height, legend: { lines: legend, start, columns, rows: legendRows, above } };
}

function paintBand(context, band) {
  context.font = FONT;
  context.fillStyle = INK;
  context.textBaseline = "middle";
  const row = (i) => EDGE_PX + i * LINE_PX + 6;
  band.told.forEach((words, i) => context.fillText(words, band.left, row(i), band.middle - EDGE_PX));
  if (band.bar) {
    context.fillText(band.bar.label, EDGE_PX, row(0));
    context.fillRect(EDGE_PX, row(1) - 4, band.bar.px, 4);
  }
  const { lines, start, columns, rows, above } = band.legend;
  const wide = (band.width - start - EDGE_PX) / columns;
  const patterns = patternTiles();
  lines.forEach((line, i) => {
    const x = start + Math.floor(i / rows) * wide;
    const y = row(above + (i % rows));
    paintSwatch(context, { x, y: y - SWATCH.height / 2 }, line, patterns);
    const indent = hasSwatch(line) ? SWATCH.room : 0;
    context.fillStyle = INK;
    context.fillText(line.words, x + indent, y, wide - indent - 8);
  });
}

function hasSwatch({ colour, pattern, ramp }) {
  return Boolean(colour || pattern || ramp);
}

function paintSwatch(context, { x, y }, line, patterns) {
  const { width, height } = SWATCH;
  if (!hasSwatch(line)) return;
  if (line.isOutline) return paintLine(context, { x, y: y + height / 2 }, line);
  for (const paint of [line.colour, line.pattern && context.createPattern(patterns[line.pattern], "repeat")]) {
    if (!paint) continue;
    context.fillStyle = paint;
    context.fillRect(x, y, width, height);
  }
  if (line.ramp) paintRamp(context, { x, y }, line.ramp);
  context.strokeStyle = INK;
  context.lineWidth = 0.75;
  context.strokeRect(x, y, width, height);
}

function paintRamp(context, { x, y }, ramp) {
  for (let i = 0; i < SWATCH.width; i += 1) {
    const at = 3 * Math.round((255 * i) / (SWATCH.width - 1));
    context.fillStyle = `rgb(${ramp[at]} ${ramp[at + 1]} ${ramp[at + 2]})`;
    context.fillRect(x + i, y, 1.2, SWATCH.height);
  }
}

function paintLine(context, { x, y }, { colour, dash }) {
  context.setLineDash({ dashed: [6, 4], dotted: [2, 3] }[dash] ?? []);
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + SWATCH.width, y);
  context.stroke();
  context.setLineDash([]);
}

async function download(canvas, name) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error(gettext("The picture is too large for this browser."));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
