// Paints what is not stored: the shape that is growing, vertices to take hold of, the brush's
// round, a preview, and the cross-hair for drawing by keys.

import { apply, scaleOf } from "../viewer/geometry.js";
import { describe } from "./labels.js";

const ORDER = 30;
const CASING = "rgb(255 255 255 / 90%)";
const DARK = "rgb(16 19 31 / 85%)";
const HANDLE_PX = 4;
const HANDLES_APART_PX = 9;
const CROSS_PX = 14;
const LINE_PX = 2;
const STROKE_OPACITY = 0.45;

export class SketchLayer {
  constructor(board) {
    this.board = board;
    this.colours = coloursOf(board);
    this.layer = board.viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => this.#paint(context, scene),
      isNeeded: () => board.isOn,
    });
    board.addEventListener("change", () => this.layer.repaint());
  }

  #paint(context, scene) {
    const { board } = this;
    context.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    context.lineJoin = "round";
    context.lineCap = "round";
    if (board.preview) this.#shape(context, scene, board.preview, [6, 4]);
    if (board.draft) this.#draft(context, scene, board.draft);
    if (board.tool?.name === "select" && board.onlyRegion) this.#handles(context, scene);
    if (board.tool?.brush) this.#brush(context, scene);
    if (board.isByKeys) cross(context, apply(scene.map, board.centre));
  }

  get colour() {
    const { mode } = this.board.draft ?? {};
    return mode === "subtract" || mode === "intersect" ? DARK : this.colours[this.board.label];
  }

  #draft(context, scene, draft) {
    if (draft.kind === "stroke") return this.#stroke(context, scene, draft);
    const tip = this.board.hover && !draft.isRegular ? [[this.board.hover.x, this.board.hover.y]] : [];
    const points = [...draft.points, ...tip].map((point) => onScreen(scene.map, point));
    line(context, points, draft.isRegular);
    cased(context, this.colour, draft.kind === "cut" ? [7, 5] : []);
    if (draft.kind === "outline" && points.length > 2 && !draft.isRegular) {
      line(context, [points.at(-1), points[0]]);
      cased(context, this.colour, [3, 5]);
    }
    if (draft.tool === "polygon") for (const place of spread(points)) handle(context, place, this.colour);
    return undefined;
  }

  #stroke(context, scene, { points, radius }) {
    line(context, points.map((point) => onScreen(scene.map, point)));
    context.globalAlpha = STROKE_OPACITY;
    context.strokeStyle = this.colour;
    context.lineWidth = 2 * radius * scaleOf(scene.map);
    context.setLineDash([]);
    context.stroke();
    context.globalAlpha = 1;
  }

  #shape(context, scene, polygons, dash) {
    for (const ring of polygons.flat()) {
      line(context, ring.map((point) => onScreen(scene.map, point)), true);
      cased(context, this.colours.selected, dash);
    }
  }

  /** Vertices in sight; where they lie too close to be told apart, some of them. */
  #handles(context, scene) {
    const { onlyRegion, corner, viewer } = this.board;
    const isSeen = ({ x, y }) => x > -9 && y > -9 && x < viewer.clientWidth + 9 && y < viewer.clientHeight + 9;
    for (const ring of onlyRegion.polygons.flat()) {
      const places = ring.map((point) => onScreen(scene.map, point)).filter(isSeen);
      for (const place of spread(places)) handle(context, place, this.colours[onlyRegion.label]);
    }
    const place = corner && onlyRegion.polygons[corner.polygon]?.[corner.ring]?.[corner.vertex];
    if (place) handle(context, onScreen(scene.map, place), this.colours.selected, 2 * HANDLE_PX);
  }

  #brush(context, scene) {
    const { board } = this;
    const middle = board.isByKeys ? board.centre : board.hover;
    if (!middle) return;
    const { x, y } = apply(scene.map, middle);
    const radius = board.draft ? board.draft.radius * scaleOf(scene.map) : board.brushPx;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    cased(context, board.tool.name === "eraser" ? DARK : this.colour, board.tool.name === "eraser" ? [4, 4] : []);
  }
}

function coloursOf(board) {
  const style = getComputedStyle(board.viewer);
  const token = (name) => style.getPropertyValue(name).trim();
  const labels = ["tumour", "normal", "artefact", "ignore"];
  const own = labels.map((label) => [label, token(describe(label).colour)]);
  return { ...Object.fromEntries(own), selected: token("--region-selected") };
}

function onScreen(map, [x, y]) {
  return apply(map, { x, y });
}

function line(context, points, isClosed = false) {
  context.beginPath();
  points.forEach(({ x, y }, i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  if (points.length === 1) context.lineTo(points[0].x, points[0].y);
  if (isClosed) context.closePath();
}

function cased(context, colour, dash) {
  for (const [paint, width, dashes] of [[CASING, LINE_PX + 2, []], [colour, LINE_PX, dash]]) {
    context.setLineDash(dashes);
    context.strokeStyle = paint;
    context.lineWidth = width;
    context.stroke();
  }
  context.setLineDash([]);
}

/** Places that lie far enough apart, along their line. */
function spread(places) {
  let last = null;
  return places.filter((place) => {
    const isApart = !last || Math.hypot(place.x - last.x, place.y - last.y) >= HANDLES_APART_PX;
    if (isApart) last = place;
    return isApart;
  });
}

function handle(context, { x, y }, colour, side = HANDLE_PX) {
  context.beginPath();
  context.rect(x - side, y - side, 2 * side, 2 * side);
  context.fillStyle = "#ffffff";
  context.fill();
  context.strokeStyle = colour;
  context.lineWidth = LINE_PX;
  context.stroke();
}

function cross(context, { x, y }) {
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    context.moveTo(x + 4 * dx, y + 4 * dy);
    context.lineTo(x + CROSS_PX * dx, y + CROSS_PX * dy);
  }
  cased(context, DARK, []);
}
