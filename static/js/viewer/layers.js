// Painting the layers over tissue, each filled or as a thin outline, and pins for findings that
// are too small to see. A context is in device px; a scene's map goes from level-0 px to screen px.

import { AGREEMENT_LOOKS, VERSION_LOOKS, layerColours } from "../maps/layer-looks.js";
import { PinPainter } from "./pin-painter.js";
import { StillPicture } from "./still-picture.js";
import { scaled } from "./geometry.js";
import { patternTiles } from "./patterns.js";
import { setTransform, stretched, strokeCased, toDevice } from "./strokes.js";

const OTHER_OUTLINE = "#3c4254";
const TINT = 0.45;
const TRUTH_FILL = 0.7;
const UPRIGHT = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };

export class LayerPainter {
  constructor() {
    this.colours = layerColours();
    this.scratch = document.createElement("canvas");
    this.pins = new PinPainter(this.colours);
    this.patterns = patternTiles();
    this.still = { truth: new StillPicture(), unassessed: new StillPicture() };
  }

  /**
   * scene: {map, ratio: device px per screen px, size: of the slide, look: state of a pane, and
   * where there are any picture, pair, truth, tissue}.
   */
  paint(context, scene) {
    const { truth, look } = scene;
    if (!look) return;
    context.save();
    clipToSlide(context, scene);
    if (look.layers.tissue && scene.tissue) this.#paintTissue(context, scene);
    if (scene.picture) this.#paintCells(context, scene);
    context.restore();
    if (truth && look.layers.truth) {
      const still = { of: truth, key: viewKey(context, scene, look.styles.truth, look.opacity) };
      this.still.truth.draw(context, still, (own) => this.#paintTruth(own, scene));
    }
    this.pins.paint(context, scene);
  }

  #paintTissue(context, { map, ratio, tissue, look }) {
    const units = stretched(toDevice(map, ratio), tissue.scale);
    if (look.styles.tissue === "outline") {
      strokeCased(context, units, tissue.cells.border("tissue"), this.colours.tissue, { ratio });
    } else {
      draw(context, units, tissue.cells.canvas, { opacity: look.opacity * TINT });
    }
  }

  #paintCells(context, scene) {
    const { picture, pair, look } = scene;
    const { layers, form } = look;
    const { map, agreement } = picture.in(form);
    const areShown = layers.probability || layers.agreement || layers.versions;
    if (layers.unassessed && areShown && map.has("unassessed")) {
      const still = { of: picture, key: viewKey(context, scene, look.styles.unassessed, form) };
      this.still.unassessed.draw(context, still, (own) => this.#paintUnassessed(own, scene, map));
    }
    if (layers.probability) this.#paintProbability(context, scene, map);
    if (layers.agreement && agreement) {
      this.#paintClasses(context, scene, { picture: agreement, layer: "agreement", looks: AGREEMENT_LOOKS });
    }
    if (layers.versions && pair) {
      this.#paintClasses(context, scene, { picture: pair.in(form), layer: "versions", looks: VERSION_LOOKS });
    }
  }

  #paintUnassessed(context, scene, map) {
    const { picture, look, ratio } = scene;
    if (look.styles.unassessed === "outline") {
      const line = { ratio, dash: "dotted" };
      strokeCased(context, unitsOf(scene, map), map.border("unassessed"), this.colours.unseen, line);
      return;
    }
    const units = unitsOf(scene, picture);
    setTransform(context, units);
    context.fillStyle = stillPattern(context, this.patterns.unassessed, { ratio, units });
    context.fill(picture.unassessed);
  }

  #paintProbability(context, scene, map) {
    const { picture, look, ratio } = scene;
    if (look.styles.probability === "outline") {
      strokeCased(context, unitsOf(scene, picture), picture.calledBorder(look.form), "#10131f", { ratio });
    } else {
      draw(context, unitsOf(scene, map), map.canvas, look);
    }
  }

  #paintClasses(context, scene, { picture, layer, looks }) {
    const units = unitsOf(scene, picture);
    const { look, ratio } = scene;
    const shown = looks.filter(({ set }) => picture.has(set));
    if (look.styles[layer] === "outline") {
      for (const { set, colour, dash } of shown) {
        strokeCased(context, units, picture.border(set), this.colours[colour], { ratio, dash, width: 2 });
      }
      return;
    }
    draw(context, units, picture.canvas, look);
    for (const { set, pattern } of shown) {
      if (pattern) this.#patterned(context, { units, ratio, picture, set, pattern }, look);
    }
  }

  /** A set in its tint with a pattern that stays still on the screen. */
  #patterned(context, { units, ratio, picture, set, pattern }, { opacity, form }) {
    const { scratch } = this;
    const { width, height } = context.canvas;
    if (scratch.width !== width) scratch.width = width;
    if (scratch.height !== height) scratch.height = height;
    const own = scratch.getContext("2d");
    own.globalCompositeOperation = "copy";
    own.imageSmoothingEnabled = form === "smoothed";
    setTransform(own, units);
    own.drawImage(picture.stencil(set), 0, 0);
    own.setTransform(1, 0, 0, 1, 0, 0);
    own.globalCompositeOperation = "source-atop"; // ten times as fast as "source-in"
    own.fillStyle = stillPattern(own, this.patterns[pattern], { ratio });
    own.fillRect(0, 0, width, height);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = opacity;
    context.drawImage(scratch, 0, 0);
    context.globalAlpha = 1;
  }

  #paintTruth(context, { map, ratio, truth, look }) {
    const units = toDevice(map, ratio);
    for (const [label, path] of truth.paths) {
      const isTumour = label === "tumour";
      if (isTumour && look.styles.truth !== "outline") {
        setTransform(context, units);
        context.globalAlpha = look.opacity * TRUTH_FILL;
        context.fillStyle = this.colours.truth;
        context.fill(path, "evenodd");
        context.globalAlpha = 1;
      }
      const colour = isTumour ? this.colours.truth : OTHER_OUTLINE;
      strokeCased(context, units, path, colour, { ratio, width: 2.2, dash: isTumour ? "solid" : "dashed" });
    }
  }
}

/** Where the view is, on how large a canvas, and what else the looks of a still picture hang on. */
function viewKey({ canvas: { width, height } }, { map, ratio }, ...looks) {
  return [width, height, ratio, ...Object.values(map), ...looks].join(" ");
}

/** The map from a picture's own cells to device px. */
function unitsOf({ map, ratio }, picture) {
  return toDevice(scaled(map, picture.grid.sideL0), ratio);
}

function draw(context, units, canvas, { opacity, form }) {
  setTransform(context, units);
  context.globalAlpha = opacity;
  context.imageSmoothingEnabled = form === "smoothed";
  context.drawImage(canvas, 0, 0);
  context.globalAlpha = 1;
}

/** A pattern that lies still on the screen and as large, whatever units the context paints in. */
function stillPattern(context, tile, { ratio, units = UPRIGHT }) {
  const pattern = context.createPattern(tile, "repeat");
  const { a, b, c, d, e, f } = units;
  pattern.setTransform(new DOMMatrix([a, b, c, d, e, f]).inverse().scale(ratio));
  return pattern;
}

/** The last cells of a grid reach beyond the slide; nothing was looked at there. */
function clipToSlide(context, { map, ratio, size }) {
  setTransform(context, toDevice(map, ratio));
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.clip();
}
