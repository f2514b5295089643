// Freehand: an outline that follows the pointer and closes by itself.

import { simplified } from "../arithmetic.js";
import { takeShape } from "../shaping.js";

const STEP_PX = 2;
const TOLERANCE_PX = 0.5;

export function freehandTool(board) {
  const follow = (point) => board.trail(point, board.inL0(STEP_PX));

  function finish() {
    const { draft } = board;
    if (!draft) return;
    board.drop();
    const outline = [[draft.points]];
    const thinned = simplified(outline, board.inL0(TOLERANCE_PX));
    // Thinning repairs too; what crosses itself is left to be told of.
    takeShape(board, thinned.length === 1 ? thinned : outline, { mode: draft.mode });
  }

  return {
    name: "freehand",
    cursor: "crosshair",
    press: ({ point, event }) => board.begin("outline", point, { event }),
    drag: ({ point }) => follow(point),
    release: finish,
    finish,
    place: (point) => (board.draft ? finish() : board.begin("outline", point)),
    follow,
    cancel: () => board.drop(),
  };
}
