// Markers of one size on the screen: a region too small to see, or a point. Each label has a shape
// of its own. In device px, so that they are sharp.

const RADIUS_PX = 6;
const CASING_PX = 2;
const SIDE_PX = 2 * (RADIUS_PX + 3 * CASING_PX);
const TURN = 2 * Math.PI;

/** Pictures of the markers of a label: {pin, point, side}, side in screen px. */
export function marksOf(mark, colour, ratio) {
  return {
    pin: picture(ratio, (context) => paintPin(context, mark, colour)),
    point: picture(ratio, (context) => paintPoint(context, mark, colour)),
    side: SIDE_PX,
  };
}

function picture(ratio, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(SIDE_PX * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.translate(SIDE_PX / 2, SIDE_PX / 2);
  context.lineJoin = "round";
  paint(context);
  return canvas;
}

/** Hollow, so that what lies beneath is seen. */
function paintPin(context, mark, colour) {
  const path = shapeOf(mark, RADIUS_PX);
  for (const [paint, width] of [["rgb(255 255 255 / 90%)", 3 * CASING_PX], [colour, CASING_PX]]) {
    context.strokeStyle = paint;
    context.lineWidth = width;
    context.stroke(path);
  }
}

function paintPoint(context, mark, colour) {
  const path = shapeOf(mark, RADIUS_PX);
  context.strokeStyle = "#ffffff";
  context.lineWidth = 2 * CASING_PX;
  context.stroke(path);
  context.fillStyle = colour;
  context.fill(path);
}

const CORNERS = {
  square: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]],
  triangle: [[0, -1.05], [1.05, 0.8], [-1.05, 0.8]],
  diamond: [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]],
};

function shapeOf(mark, radius) {
  const path = new Path2D();
  if (mark === "circle") {
    path.arc(0, 0, radius, 0, TURN);
    return path;
  }
  CORNERS[mark].forEach(([x, y], i) => path[i ? "lineTo" : "moveTo"](x * radius, y * radius));
  path.closePath();
  return path;
}
