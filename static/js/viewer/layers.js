// Painting the layers over tissue. Every function takes a canvas context in screen px and the
// affine map from level-0 px to the screen.

import { apply, scaleOf, scaled } from "./geometry.js";

const PIN_BELOW_PX = 10;
const PIN_RADIUS_PX = 9;

/** The layers' own colours, read once from the style sheet. */
export function layerColours() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    truth: token("--truth"),
    hit: token("--hit"),
    falseAlarm: token("--false-alarm"),
    miss: token("--miss"),
  };
}

export class LayerPainter {
  constructor() {
    this.colours = layerColours();
    this.scratch = document.createElement("canvas");
    this.patterns = {
      unassessed: hatch("rgb(90 96 112 / 55%)", 9, 1, false),
      falseAlarm: hatch("rgb(60 40 0 / 75%)", 7, 1.6, false),
      miss: hatch("rgb(255 255 255 / 90%)", 7, 1.6, true),
    };
  }

  /** scene: {map: affine, ratio: device px per screen px, size of the slide, picture, truth, look} */
  paint(context, scene) {
    const { picture, truth, look } = scene;
    if (picture) {
      context.save();
      clipToSlide(context, scene);
      this.#paintCells(context, scene, picture, look);
      context.restore();
    }
    if (truth && look.layers.truth) this.#paintTruth(context, scene, truth, look);
  }

  #paintCells(context, scene, picture, { layers, opacity, style }) {
    const cells = toDevice(scaled(scene.map, picture.grid.sideL0), scene.ratio);
    const areCellsShown = layers.probability || layers.agreement;
    if (layers.unassessed && areCellsShown) {
      this.#fill(context, cells, picture.unassessed, this.patterns.unassessed);
    }
    if (layers.probability) this.#paintPrediction(context, cells, picture, { opacity, style });
    if (layers.agreement && picture.truth) this.#paintAgreement(context, cells, picture, opacity);
  }

  #paintPrediction(context, cells, picture, { opacity, style }) {
    context.globalAlpha = opacity;
    if (style === "heat") {
      setTransform(context, cells);
      context.imageSmoothingEnabled = false;
      context.drawImage(picture.heat, 0, 0);
    } else if (style === "mask") {
      this.#fill(context, cells, picture.called, this.colours.hit);
    }
    context.globalAlpha = 1;
    strokeCased(context, cells, picture.border, style === "outline" ? "#10131f" : "#ffffff");
  }

  #paintAgreement(context, cells, picture, opacity) {
    context.globalAlpha = opacity;
    for (const name of ["hit", "falseAlarm", "miss"]) {
      this.#fill(context, cells, picture.classes[name], this.colours[name]);
    }
    context.globalAlpha = 1;
    for (const name of ["falseAlarm", "miss"]) {
      this.#fill(context, cells, picture.classes[name], this.patterns[name]);
    }
    strokeCased(context, cells, picture.wrongBorder, "#10131f");
  }

  /** Fill the opaque cells of a one-pixel-per-cell mask, with a pattern that stays on the screen. */
  #fill(context, cells, mask, paint) {
    const { scratch } = this;
    if (scratch.width !== context.canvas.width) scratch.width = context.canvas.width;
    if (scratch.height !== context.canvas.height) scratch.height = context.canvas.height;
    const own = scratch.getContext("2d");
    own.setTransform(1, 0, 0, 1, 0, 0);
    own.globalCompositeOperation = "source-over";
    own.clearRect(0, 0, scratch.width, scratch.height);
    own.imageSmoothingEnabled = false;
    setTransform(own, cells);
    own.drawImage(mask, 0, 0);
    own.setTransform(1, 0, 0, 1, 0, 0);
    own.globalCompositeOperation = "source-in";
    own.fillStyle = typeof paint === "string" ? paint : own.createPattern(paint, "repeat");
    own.fillRect(0, 0, scratch.width, scratch.height);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(scratch, 0, 0);
  }

  #paintTruth(context, scene, truth, { opacity, style, layers }) {
    const map = toDevice(scene.map, scene.ratio);
    const isFilled = style === "mask" || !(layers.probability || layers.agreement);
    for (const [label, path] of truth.paths) {
      const isTumour = label === "tumour";
      setTransform(context, map);
      if (isTumour && isFilled) {
        context.globalAlpha = opacity * (style === "mask" ? 1 : 0.6);
        context.fillStyle = this.colours.truth;
        context.fill(path, "evenodd");
        context.globalAlpha = 1;
      }
      const colour = isTumour ? this.colours.truth : "#3c4254";
      strokeCased(context, map, path, colour, { width: 2.2, dashed: !isTumour });
    }
    this.#paintPins(context, scene, truth.findings);
  }

  /** A finding too small to see at this zoom is marked, never gone. */
  #paintPins(context, { map, ratio }, findings) {
    const scale = scaleOf(map);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const { x, y, width, height } of findings) {
      if (Math.max(width, height) * scale >= PIN_BELOW_PX) continue;
      const place = apply(map, { x: x + width / 2, y: y + height / 2 });
      for (const [colour, line] of [["#ffffff", 5], [this.colours.truth, 2.5]]) {
        context.beginPath();
        context.arc(place.x, place.y, PIN_RADIUS_PX, 0, 2 * Math.PI);
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.stroke();
      }
    }
  }
}

/** The last cells of a grid reach beyond the slide; nothing was looked at there. */
function clipToSlide(context, { map, ratio, size }) {
  setTransform(context, toDevice(map, ratio));
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.clip();
}

function setTransform(context, { a, b, c, d, e, f }) {
  context.setTransform(a, b, c, d, e, f);
}

function toDevice(map, ratio) {
  return { ...scaled(map, ratio), e: map.e * ratio, f: map.f * ratio };
}

/** A line of constant width on the screen, in a pale or dark casing that shows on any tissue. */
function strokeCased(context, map, path, colour, { width = 1.6, dashed = false } = {}) {
  if (!path) return;
  setTransform(context, map);
  const px = (window.devicePixelRatio || 1) / scaleOf(map);
  context.lineJoin = "round";
  context.setLineDash(dashed ? [8 * px, 5 * px] : []);
  const casing = colour === "#ffffff" ? "rgb(16 19 31 / 75%)" : "rgb(255 255 255 / 85%)";
  for (const [paint, line] of [[casing, width + 2], [colour, width]]) {
    context.strokeStyle = paint;
    context.lineWidth = line * px;
    context.stroke(path);
  }
  context.setLineDash([]);
}

/** A tile of slanted lines; crossed for a second kind that differs without colour. */
export function hatch(colour, size, line, isCrossed) {
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const context = tile.getContext("2d");
  context.strokeStyle = colour;
  context.lineWidth = line;
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift, size);
    context.lineTo(shift + size, 0);
    if (isCrossed) {
      context.moveTo(shift, 0);
      context.lineTo(shift + size, size);
    }
  }
  context.stroke();
  return tile;
}
