// Paints the regions of a drawing over the tissue, on a layer of its own.
//
//   const regions = new RegionPainter(viewer, drawing);
//   regions.follow(pane, signal);            shown, filled and clear as the pane's look says
//   regions.update({ selected, hovered });   any of: isShown, style, opacity, selected and hidden
//                                            (sets of ids), hovered (an id or null)

import { apply, scaleOf } from "../viewer/geometry.js";
import { setTransform, toDevice } from "../viewer/strokes.js";
import { isTiny, octaveOf, RegionChunks } from "./region-chunks.js";
import { dressFor } from "./region-dress.js";
import { boundsOf } from "./shapes.js";

const ORDER = 20;
const LINE_PX = 2;
const CASING = { colour: "rgb(255 255 255 / 85%)", px: 4 };
const HOVERED_PX = 7;
const SELECTED_PX = 8;
const RING_PX = 12; // round the mark of a region that is hovered or selected
const FILL_SHARE = 0.5; // of the look's opacity: what lies beneath a filled region is still read
const FEW = 200; // paths; dashes of more cost a frame and are not told apart

export class RegionPainter {
  look = {
    isShown: true,
    style: "outline",
    opacity: 0.65,
    selected: new Set(),
    hidden: new Set(),
    hovered: null,
  };

  constructor(viewer, drawing) {
    this.drawing = drawing;
    this.chunks = new RegionChunks(drawing, (id) => this.look.hidden.has(id));
    this.layer = viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => this.paint(context, scene),
      isNeeded: () => this.look.isShown && drawing.regions.size > 0,
    });
    this.heard = (event) => this.#heed(event.detail);
    drawing.addEventListener("change", this.heard);
  }

  remove() {
    this.drawing.removeEventListener("change", this.heard);
    this.layer.remove();
  }

  /** Take part in the look of a pane from now on, until the signal. */
  follow(pane, signal) {
    const dress = () => {
      const { layers, styles, opacity } = pane.state;
      const isShown = Boolean((pane.peeked ?? { regions: true, ...layers }).regions);
      this.update({ isShown, style: styles?.regions ?? this.look.style, opacity });
    };
    pane.addEventListener("change", dress, { signal });
    dress();
  }

  /** Change some of the look; painted in the next frame. */
  update(patch) {
    const before = this.look;
    this.look = { ...before, ...patch };
    if (before.hidden !== this.look.hidden) {
      for (const id of [...before.hidden, ...this.look.hidden]) {
        this.chunks.forget(id, this.drawing.boundsOf(id));
      }
    }
    this.layer.repaint();
  }

  #heed({ changes, origin }) {
    if (origin === "load") this.chunks.clear();
    else {
      for (const { id, before, after } of changes) {
        for (const region of [before, after]) if (region) this.chunks.forget(id, boxOf(region));
      }
    }
    this.layer.repaint();
  }

  paint(context, scene) {
    this.dress = dressFor(scene.ratio, this.dress);
    const view = viewOf(context, scene);
    const { paths, marks } = this.chunks.seenIn(view.box, view.octave);
    setTransform(context, view.map);
    if (this.look.style !== "outline") this.#fill(context, view, paths);
    this.#outline(context, view, paths);
    this.#lift(context, view);
    paintMarks(context, scene, marks, this.dress);
  }

  #fill(context, view, paths) {
    context.globalAlpha = this.look.opacity * FILL_SHARE;
    for (const [label, path] of paths) {
      context.fillStyle = this.dress.get(label).colour;
      context.fill(path);
    }
    context.globalAlpha = 1;
    for (const [label, path] of paths) {
      context.fillStyle = this.dress.get(label).pattern(context, view.map);
      context.fill(path);
    }
  }

  #outline(context, { px }, paths) {
    context.lineJoin = "bevel"; // round ones cost twice as much
    context.strokeStyle = CASING.colour;
    context.lineWidth = CASING.px * px;
    for (const [, path] of paths) context.stroke(path);
    context.lineWidth = LINE_PX * px;
    for (const [label, path] of paths) {
      const { colour, dash } = this.dress.get(label);
      context.strokeStyle = colour;
      context.setLineDash(paths.length > FEW ? [] : dash.map((length) => length * px));
      context.stroke(path);
    }
    context.setLineDash([]);
  }

  /** The hovered and the selected regions once more, in a wide casing. */
  #lift(context, view) {
    const { selected, hovered, hidden } = this.look;
    const { focus } = this.dress;
    if (hovered && !selected.has(hovered)) this.#liftOne(context, view, hovered, [HOVERED_PX, "#ffffff"]);
    for (const id of selected) {
      if (!hidden.has(id)) this.#liftOne(context, view, id, [SELECTED_PX, focus]);
    }
  }

  #liftOne(context, { box, octave, px }, id, [width, colour]) {
    const region = this.drawing.get(id);
    const bounds = this.drawing.boundsOf(id);
    if (!region || !meet(bounds, box)) return;
    const isMark = isTiny(bounds, octave);
    const path = isMark ? ringRound(bounds, RING_PX * px) : this.chunks.pathOf(id, box, octave);
    const own = this.dress.get(region.label).colour;
    const inner = isMark ? [] : [["#ffffff", CASING.px], [own, LINE_PX]];
    for (const [paint, line] of [[colour, width], ...inner]) {
      context.strokeStyle = paint;
      context.lineWidth = line * px;
      context.stroke(path);
    }
  }
}

/** What a frame is painted with: {map to device px, box in level-0 px, octave, px: one screen px}. */
function viewOf({ canvas }, scene) {
  const map = toDevice(scene.map, scene.ratio);
  const corners = [[0, 0], [canvas.width, 0], [0, canvas.height], [canvas.width, canvas.height]];
  const points = corners.map((corner) => back(map, corner));
  return {
    map,
    box: boundsOf([[points]]),
    octave: octaveOf(scaleOf(scene.map)),
    px: 1 / scaleOf(scene.map),
  };
}

function ringRound({ minX, minY, maxX, maxY }, radius) {
  const path = new Path2D();
  path.arc((minX + maxX) / 2, (minY + maxY) / 2, radius, 0, 2 * Math.PI);
  return path;
}

/** The level-0 point that falls on a place of the canvas. */
function back({ a, b, c, d, e, f }, [x, y]) {
  const size = a * d - b * c;
  return [(d * (x - e) - c * (y - f)) / size, (a * (y - f) - b * (x - e)) / size];
}

function paintMarks(context, { map, ratio }, marks, dress) {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const mark of marks) {
    const { pin, point, side } = dress.get(mark.label).marks;
    const { x, y } = apply(map, mark);
    context.drawImage(mark.isPoint ? point : pin, x - side / 2, y - side / 2, side, side);
  }
}

function boxOf({ polygons, point }) {
  return boundsOf(point ? [[[point]]] : polygons);
}

function meet(a, b) {
  return a.minX <= b.maxX && b.minX <= a.maxX && a.minY <= b.maxY && b.minY <= a.maxY;
}
