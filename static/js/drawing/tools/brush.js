// Brush and eraser: round, as wide on the screen at any zoom. A stroke that begins in a region of
// its label, or touches the chosen one, grows it; the eraser subtracts.

import { stroke } from "../arithmetic.js";
import { touched } from "../combine.js";
import { takeShape } from "../shaping.js";

const STEP_SHARE = 1 / 8;

export function brushTool(board) {
  return roundTool(board, { name: "brush", mode: null, modeFor: (shape, draft) => grown(board, shape, draft) });
}

export function eraserTool(board) {
  return roundTool(board, { name: "eraser", mode: "subtract", modeFor: () => "subtract" });
}

function roundTool(board, { name, mode, modeFor }) {
  const begin = (point, event) =>
    board.begin("stroke", point, { event, mode, radius: board.inL0(board.brushPx) });

  function follow(point) {
    board.set({ hover: point });
    if (board.draft) board.trail(point, board.draft.radius * STEP_SHARE);
  }

  function finish() {
    const { draft } = board;
    if (!draft) return;
    board.drop();
    const shape = stroke(draft.points, draft.radius);
    takeShape(board, shape, { mode: modeFor(shape, draft), isWhole: true });
  }

  return {
    ...{ name, brush: true, cursor: "none", finish, follow },
    press: ({ point, event }) => begin(point, event),
    drag: ({ point }) => follow(point),
    release: finish,
    move: ({ point }) => board.set({ hover: point }),
    leave: () => board.set({ hover: null }),
    place: (point) => (board.draft ? finish() : begin(point, null)),
    cancel: () => board.drop(),
  };
}

/** The mode of a brush stroke: what it continues is not begun anew. */
function grown(board, shape, { mode, points: [[x, y]] }) {
  if (mode !== "new") return mode;
  const { drawing, selected } = board;
  const isChosenTouched = touched(drawing, shape, selected).some(
    ({ id, label }) => selected.has(id) && label === board.label,
  );
  if (isChosenTouched) return "add";
  const under = drawing.allAt({ x, y }).find((id) => drawing.get(id).label === board.label);
  if (under) board.select([under]);
  else board.select([]);
  return under ? "add" : "new";
}
