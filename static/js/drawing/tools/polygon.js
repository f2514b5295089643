// Polygon: a vertex a click, dragging draws freehand between; double click, Enter or a click on
// the first vertex closes it.

import { takeShape } from "../shaping.js";

const AT_START_PX = 8;
const SAME_PLACE_PX = 4;
const STEP_PX = 3;
const DOUBLE_MS = 400;

export class PolygonTool {
  name = "polygon";
  cursor = "crosshair";
  #before = 0; // points there were before the press, for a second finger
  #pressed = null; // {x, y: on the screen, at: ms}

  constructor(board) {
    this.board = board;
  }

  press({ point, screen, event }) {
    const earlier = this.#pressed;
    this.#pressed = { ...screen, at: event.timeStamp };
    if (this.board.draft && isDouble(this.#pressed, earlier)) {
      this.finish();
      return;
    }
    this.#before = this.board.draft?.points.length ?? 0;
    this.#put(point, event);
  }

  drag({ point }) {
    const { draft } = this.board;
    if (!this.#pressed || !draft) return;
    if (!this.#isNear(point, draft.points.at(-1), STEP_PX)) this.board.extend(point);
  }

  move({ point }) {
    this.board.set({ hover: point });
  }

  leave() {
    this.board.set({ hover: null });
  }

  cancel() {
    this.#pressed = null;
    if (!this.#before) this.board.drop();
    else if (this.board.draft) this.board.redraw(this.board.draft.points.slice(0, this.#before));
  }

  place(point) {
    this.#put(point, null);
  }

  finish() {
    const { draft } = this.board;
    if (!draft) return;
    this.#pressed = null;
    this.board.drop();
    takeShape(this.board, [[draft.points]], { mode: draft.mode });
  }

  /** Take back the last vertex; gives whether there was one. */
  stepBack() {
    if (!this.board.draft) return false;
    const points = this.board.draft.points.slice(0, -1);
    if (points.length) this.board.redraw(points);
    else this.board.drop();
    return true;
  }

  #put(point, event) {
    const { board } = this;
    const points = board.draft?.points;
    if (!points) board.begin("outline", point, { event });
    else if (points.length > 2 && this.#isNear(point, points[0], AT_START_PX)) this.finish();
    else if (!this.#isNear(point, points.at(-1), SAME_PLACE_PX)) board.extend(point);
  }

  #isNear(point, [x, y], px) {
    return Math.hypot(point.x - x, point.y - y) < this.board.inL0(px);
  }
}

/** Told from two quick presses in different places, which the browser's own notion does not. */
function isDouble(press, earlier) {
  if (!earlier || press.at - earlier.at > DOUBLE_MS) return false;
  return Math.hypot(press.x - earlier.x, press.y - earlier.y) < SAME_PLACE_PX;
}
