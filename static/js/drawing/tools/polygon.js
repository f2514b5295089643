// Polygon: a vertex a click, dragging draws freehand between; double click, Enter or a click on
// the first vertex closes it.

import { takeShape } from "../shaping.js";

const AT_START_PX = 8;
const SAME_PLACE_PX = 4;
const STEP_PX = 3;
const DOUBLE_MS = 400;

export function polygonTool(board) {
  let before = null; // points there were before the press, for a second finger
  let press = null; // {x, y: on the screen, at: ms}

  const isNear = (point, [x, y], px) => Math.hypot(point.x - x, point.y - y) < board.inL0(px);

  function put(point, event) {
    const { draft } = board;
    if (!draft) board.begin("outline", point, { event });
    else if (draft.points.length > 2 && isNear(point, draft.points[0], AT_START_PX)) finish();
    else if (!isNear(point, draft.points.at(-1), SAME_PLACE_PX)) board.extend(point);
  }

  function finish() {
    const { draft } = board;
    if (!draft) return;
    press = null;
    board.drop();
    takeShape(board, [[draft.points]], { mode: draft.mode });
  }

  return {
    name: "polygon",
    cursor: "crosshair",
    finish,
    place: (point) => put(point, null),
    press({ point, screen, event }) {
      const earlier = press;
      press = { ...screen, at: event.timeStamp };
      if (board.draft && isDouble(press, earlier)) {
        finish();
        return;
      }
      before = board.draft?.points.length ?? 0;
      put(point, event);
    },
    drag({ point }) {
      if (!press || !board.draft) return;
      if (!isNear(point, board.draft.points.at(-1), STEP_PX)) board.extend(point);
    },
    move: ({ point }) => board.set({ hover: point }),
    leave: () => board.set({ hover: null }),
    cancel() {
      press = null;
      if (!before) board.drop();
      else if (board.draft) board.redraw(board.draft.points.slice(0, before));
    },
    /** Take back the last vertex; gives whether there was one. */
    stepBack() {
      if (!board.draft) return false;
      const points = board.draft.points.slice(0, -1);
      if (points.length) board.redraw(points);
      else board.drop();
      return true;
    },
  };
}

/** Told from two quick presses in different places, which the browser's own notion does not. */
function isDouble(press, earlier) {
  if (!earlier || press.at - earlier.at > DOUBLE_MS) return false;
  return Math.hypot(press.x - earlier.x, press.y - earlier.y) < SAME_PLACE_PX;
}
