// Drawing as a part of the slide's page: the regions are always painted; D brings the tools.

import { attend } from "../reader/jumps.js";
import { filled, gettext, ngettext } from "../words.js";
import { Board } from "./board.js";
import { wireBar } from "./drawing-bar.js";
import { drawingCommands } from "./drawing-commands.js";
import { Drawing } from "./document.js";
import { followKeys } from "./key-hand.js";
import { openKeeping } from "./keeping.js";
import { listenToPenEraser } from "./pen-eraser.js";
import { RegionPainter } from "./region-painter.js";
import { wirePanel } from "./region-panel.js";
import { SketchLayer } from "./sketch-layer.js";
import { ToolDesk } from "./tool-desk.js";

export function connect(reader) {
  const drawing = new Drawing(reader.page.slide);
  const board = new Board(reader, drawing);
  const painter = new RegionPainter(reader.viewer, drawing);
  painter.follow(reader.pane, reader.signal);
  board.addEventListener("change", () => {
    if (painter.look.selected !== board.selected) painter.update({ selected: board.selected });
  });
  const desk = new Desk(board);
  new SketchLayer(board);
  wireBar(desk);
  wirePanel(desk);
  followKeys(board, reader.signal);
  listenToPenEraser(desk);
  reader.commands.add(drawingCommands(desk));
  desk.open();
}

/** Drawing of the slide: begins with a key, ends as a revision. */
class Desk extends ToolDesk {
  async open() {
    const { board } = this;
    try {
      board.set({ keeping: await openKeeping(this.reader, board.drawing) });
    } catch (error) {
      console.error(error);
      this.reader.complain(gettext("The drawing could not be opened. Load the page again."));
      return;
    }
    this.#sayUnreadable(board.keeping.state.unreadable);
    const draft = board.keeping.restoredSketch();
    if (draft && this.tools[draft.tool]) await this.#resume(draft);
    else if (this.isAwaited) await this.#begin();
  }

  #sayUnreadable(n) {
    if (n === 0) return;
    const words = ngettext(
      "%(n)s region has no outline that can be shown. It stays on the server as it is.",
      "%(n)s regions have no outline that can be shown. They stay on the server as they are.",
      n,
    );
    this.reader.complain(filled(words, { n }));
  }

  async #resume(draft) {
    await this.toggle();
    this.pick(draft.tool);
    this.board.resume(draft);
    this.board.say(gettext("The shape you were drawing is back: go on, Enter ends it, Esc gives it up."));
  }

  /** Begin drawing, or end it: what was drawn then becomes a revision. */
  async toggle() {
    const { board } = this;
    if (!board.keeping) {
      this.isAwaited = true;
      board.say(gettext("The drawing is being loaded: you can begin in a moment."));
      return;
    }
    if (board.isOn) await this.#end();
    else await this.#begin();
  }

  async #begin() {
    const { layers, form } = this.reader.pane.state;
    this.wasTruthShown = layers.truth;
    // The regions are the truth in the making; two outlines of one thing hide each other.
    this.reader.change({ layers: { regions: true, truth: false } });
    this.board.set({ isOn: true, form: this.board.form ?? form });
    this.pick("select");
    attend(this.reader, "drawing");
    await this.board.keeping.begin();
  }

  async #end() {
    const { board } = this;
    this.putAway();
    if (this.wasTruthShown) this.reader.change({ layers: { truth: true } });
    await board.keeping.finish();
  }
}
