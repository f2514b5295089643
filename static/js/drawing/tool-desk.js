// A board with its tools: one of them in hand, steps to undo. Who begins and ends, and where what was
// drawn goes, is said by who extends it.

import { filled, gettext } from "../words.js";
import { makeTools } from "./tools/index.js";

export class ToolDesk {
  constructor(board) {
    Object.assign(this, { board, reader: board.reader, viewer: board.viewer, tools: makeTools(board) });
    this.viewer.addEventListener("toolchange", () => this.#heed());
  }

  /** Take a tool in hand; keys go to the slide from then on. */
  pick(name) {
    if (!this.board.isOn) return;
    this.board.use(this.tools[name]);
    this.viewer.viewer.canvas.focus({ preventScroll: true });
  }

  /** Let go of the tool and of what was growing. */
  putAway() {
    const { board } = this;
    board.tool?.putDown?.();
    board.drop();
    board.set({ isOn: false, tool: null, hover: null, preview: null, corner: null });
    this.viewer.useTool(null);
  }

  /** Whether keys mean drawing now: another tool, a ruler say, may have the pointer. */
  get isInHand() {
    return this.board.isOn && this.viewer.tool === this.board.tool;
  }

  undo() {
    const { board } = this;
    if (board.draft && board.tool.stepBack?.()) return;
    const name = board.drawing.nextUndo;
    if (board.drop() || !board.drawing.undo()) return;
    board.say(filled(gettext("Undone: %(name)s"), { name }));
  }

  redo() {
    const name = this.board.drawing.nextRedo;
    if (this.board.drawing.redo()) this.board.say(filled(gettext("Done again: %(name)s"), { name }));
  }

  /** A ruler has the pointer for a while: what was growing is given up, the tool waits. */
  #heed() {
    const { board, viewer } = this;
    if (!board.isOn || viewer.tool === board.tool) return;
    if (viewer.tool === null) viewer.useTool(board.tool);
    else board.drop();
  }
}
