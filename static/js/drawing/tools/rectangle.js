// Rectangle: from corner to corner, upright on the screen however the slide is turned.

import { takeShape } from "../shaping.js";

export function rectangleTool(board) {
  let start = null;

  /** The corners of the rectangle between two level-0 points. */
  function corners(a, b) {
    const [from, to] = [board.viewer.toScreen(a), board.viewer.toScreen(b)];
    const places = [[from.x, from.y], [to.x, from.y], [to.x, to.y], [from.x, to.y]];
    return places.map(([x, y]) => board.viewer.toLevel0({ x, y })).map(({ x, y }) => [x, y]);
  }

  function begin(point, event) {
    start = point;
    board.begin("outline", point, { event });
    board.draft.isRegular = true;
  }

  function follow(point) {
    if (board.draft && start) board.redraw(corners(start, point));
  }

  function finish() {
    const { draft } = board;
    if (!draft) return;
    start = null;
    board.drop();
    takeShape(board, [[draft.points]], { mode: draft.mode });
  }

  return {
    name: "rectangle",
    cursor: "crosshair",
    press: ({ point, event }) => begin(point, event),
    drag: ({ point }) => follow(point),
    release: finish,
    finish,
    place: (point) => (board.draft ? finish() : begin(point, null)),
    follow,
    cancel: () => board.drop(),
  };
}
