// Outlines that are compared over the tissue: mine and theirs, gained and lost. Each look differs by
// line and pattern, not by colour alone.

import { apply } from "../viewer/geometry.js";
import { hatch } from "../viewer/patterns.js";
import { setTransform, strokeCased, toDevice } from "../viewer/strokes.js";
import { boundsOf } from "./shapes.js";

const ORDER = 25;
const LINE = { width: 2.4 };
const PIN_RADIUS_PX = 9;
const PATTERN = { size: 9, line: 1 };
const ROOM = 2.2; // how much wider than a shape the view is that shows it
const LEAST_WIDTH_PX = 100;
const TURN = 2 * Math.PI;

const LOOKS = {
  mine: { token: "--mine", dash: "solid", lean: "/" },
  theirs: { token: "--theirs", dash: "dashed", lean: "x" },
  gained: { token: "--gained", dash: "solid", lean: "/" },
  lost: { token: "--lost", dash: "dashed", lean: "x" },
};

/**
 * Show shapes until remove() is called on what this gives. shapes: [{polygons, point, look}] with
 * polygons and point as regions have them and look a name of LOOKS.
 */
export function showShapes(viewer, shapes) {
  const looks = paintsOf(LOOKS);
  const painted = shapes.map(({ polygons, point, look }) => ({
    ...looks[look],
    point,
    path: point ? null : pathOf(polygons),
  }));
  const paint = (context, scene) => painted.forEach((shape) => paintShape(context, scene, shape));
  const layer = viewer.addLayer({ order: ORDER, paint });
  layer.repaint();
  return layer;
}

/** The view that shows these shapes with room round them. */
export function viewOfShapes({ clientWidth, clientHeight }, shapes) {
  const boxes = shapes.map(boxOf);
  const minX = Math.min(...boxes.map((box) => box.minX));
  const minY = Math.min(...boxes.map((box) => box.minY));
  const maxX = Math.max(...boxes.map((box) => box.maxX));
  const maxY = Math.max(...boxes.map((box) => box.maxY));
  const aspect = clientWidth / clientHeight;
  const width = ROOM * Math.max(maxX - minX, (maxY - minY) * aspect, LEAST_WIDTH_PX);
  return { x: (minX + maxX) / 2, y: (minY + maxY) / 2, width };
}

function boxOf({ polygons, point }) {
  if (!point) return boundsOf(polygons);
  return { minX: point[0], minY: point[1], maxX: point[0], maxY: point[1] };
}

function paintsOf(looks) {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    Object.entries(looks).map(([name, { token, dash, lean }]) => {
      const colour = style.getPropertyValue(token).trim();
      return [name, { colour, dash, tile: hatch(colour, { ...PATTERN, lean }) }];
    }),
  );
}

function pathOf(polygons) {
  const path = new Path2D();
  for (const [first, ...rest] of polygons.flat()) {
    path.moveTo(...first);
    for (const corner of rest) path.lineTo(...corner);
    path.closePath();
  }
  return path;
}

function paintShape(context, { map, ratio }, { path, point, colour, dash, tile }) {
  if (point) {
    const { x, y } = apply(map, { x: point[0], y: point[1] });
    const ring = new Path2D();
    ring.arc(x, y, PIN_RADIUS_PX, 0, TURN);
    const screen = { a: ratio, b: 0, c: 0, d: ratio, e: 0, f: 0 };
    strokeCased(context, screen, ring, colour, { ...LINE, ratio, dash });
    return;
  }
  const device = toDevice(map, ratio);
  setTransform(context, device);
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(context.getTransform().inverse()); // the pattern stays on the screen
  context.fillStyle = pattern;
  context.fill(path, "evenodd");
  strokeCased(context, device, path, colour, { ...LINE, ratio, dash });
}
