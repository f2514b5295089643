// The outline of one finding, corrected or drawn anew with the tools of drawing. It goes into a
// verdict, not into the slide's drawing.

import { united } from "../drawing/arithmetic.js";
import { Board } from "../drawing/board.js";
import { Drawing } from "../drawing/document.js";
import { wireBar } from "../drawing/drawing-bar.js";
import { drawingCommands } from "../drawing/drawing-commands.js";
import { featureOf, makeRegion } from "../drawing/features.js";
import { followKeys, tapped } from "../drawing/key-hand.js";
import { RegionPainter } from "../drawing/region-painter.js";
import { SketchLayer } from "../drawing/sketch-layer.js";
import { ToolDesk } from "../drawing/tool-desk.js";
import { gettext } from "../words.js";
import { cellsOutline } from "./cells-outline.js";
import { polygonsOf } from "./fold.js";

const UNUSED = /^draw(-point|-knife|-lesion|-unite|-label-.*|-mode-.*)?$/;

/** Add correcting of outlines to a desk: gives {begin(finding or null, keep(region)), isOn}. */
export function outlining(reader) {
  const board = new Board(reader, new Drawing(reader.page.slide));
  board.form = "true cells";
  const painter = new RegionPainter(reader.viewer, board.drawing);
  painter.update({ isShown: true });
  board.addEventListener("change", () => {
    if (painter.look.selected !== board.selected) painter.update({ selected: board.selected });
  });
  const hand = new OutlineHand(board);
  new SketchLayer(board);
  wireBar(hand);
  followKeys(board, reader.signal);
  reader.commands.add(drawingCommands(hand).filter(({ name }) => !UNUSED.test(name)));
  reader.commands.add(hand.commands());
  reader.querySelector("[data-outline=keep]").addEventListener("click", () => hand.keep());
  reader.querySelector("[data-outline=drop]").addEventListener("click", () => hand.drop());
  return hand;
}

class OutlineHand extends ToolDesk {
  onEnd = () => {};

  get isOn() {
    return this.board.isOn;
  }

  /** Begin with the outline of a finding, or with nothing. kept(region): called with what was drawn. */
  begin(finding, kept) {
    const { board, reader } = this;
    this.kept = kept;
    this.finding = finding;
    const region = finding && regionOf(reader.pane, finding);
    board.drawing.load(region ? [featureOf(region)] : []);
    board.set({ isOn: true });
    if (region) board.select([region.id]);
    this.pick(finding ? "select" : "freehand");
    board.say(
      finding
        ? gettext("Correct the outline by its vertices or with the brush. Enter keeps it.")
        : gettext("Draw round what was missed. By keys: arrows and Space. Enter or D keeps it."),
    );
  }

  /** Give up what was drawn: the finding stays as it was. */
  drop() {
    if (this.isOn) this.#end();
  }

  keep() {
    if (!this.isOn) return;
    const { board, kept } = this;
    const polygons = united([...board.drawing.regions.values()].map((region) => region.polygons));
    if (!polygons.length) {
      board.say(gettext("Nothing is outlined: draw something, or give up with Esc."));
      return;
    }
    const { geometry } = featureOf(makeRegion({ label: "tumour", polygons }));
    this.#end();
    kept(geometry);
  }

  toggle() {
    this.keep();
  }

  #end() {
    this.putAway();
    this.board.select([]);
    this.board.drawing.load([]);
    this.reader.querySelector("[data-drawing-said]").hidden = true;
    this.onEnd();
  }

  /** By keys alone Enter puts the tool down at the cross-hair; D keeps what there is. */
  #entered({ key }) {
    if (this.board.isByKeys && key === "Enter") tapped(this.board);
    else this.keep();
  }

  commands() {
    const { board } = this;
    const isIdle = () => this.isInHand && !board.draft && !board.isCornerThere();
    const one = (name, keys, label, when, run) => ({
      ...{ name: `review-${name}`, group: gettext("Outline"), isOurs: true, keys, label, when, run },
    });
    return [
      one("keep-outline", ["enter", "d"], gettext("Keep the outline"), isIdle, (event) => this.#entered(event)),
      one("drop-outline", ["escape"], gettext("Give the outline up"), isIdle, () => this.drop()),
    ];
  }
}

/** The outline that a finding has: a reader's, else that of the map's cells, else its box. */
function regionOf(pane, finding) {
  if (finding.region && finding.region.type !== "Point") {
    return makeRegion({ id: finding.key, label: "tumour", polygons: polygonsOf(finding.region).map(opened) });
  }
  const polygons = cellsOutline(pane, finding) ?? [[boxRing(finding.box_l0)]];
  return makeRegion({ id: finding.key, label: "tumour", polygons });
}

function opened(rings) {
  return rings.map((ring) => ring.slice(0, -1));
}

function boxRing([left, top, right, bottom]) {
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}
