// Select and correct: a click chooses a region; of the chosen one, vertices are dragged, put in by
// dragging an edge, taken out with Alt; a drag inside moves it once it left the dead zone.
// What is not taken hold of is left to the slide, so that dragging beside regions moves the view.

import { changeCorner, removeCorner, shiftRegion } from "../corrections.js";
import { nearestEdge, nearestVertex } from "../shapes.js";
import { besides, shifted, withAdded } from "../vertices.js";

const REACH_PX = 8;
const DEAD_ZONE_PX = 6;
const SLIP_PX = 2;

export class SelectTool {
  name = "select";
  cursor = "default";
  // From press to release: {kind: "vertex" | "edge" | "gone" | "region" | "nothing", region, corner,
  // start: {point, screen}, isMoved}
  #held = null;

  constructor(board) {
    this.board = board;
  }

  press({ point, screen, event }) {
    this.#held = { ...this.#grabbed(point, event), start: { point, screen }, isMoved: false };
    if (this.#held.kind !== "vertex" || !event.altKey) return;
    this.#held.kind = "gone";
    removeCorner(this.board, this.#held.region, this.#held.corner);
  }

  /** Gives false where the drag is the slide's. */
  drag({ point, screen }) {
    const held = this.#held;
    if (!held || held.kind === "nothing") return false;
    const { start, kind } = held;
    const gap = Math.hypot(screen.x - start.screen.x, screen.y - start.screen.y);
    held.isMoved ||= gap > (kind === "region" ? DEAD_ZONE_PX : SLIP_PX);
    if (!held.isMoved || kind === "gone") return true;
    if (kind === "region") previewShift(this.board, point, start.point);
    else previewCorner(this.board, held, point);
    return true;
  }

  rest() {
    return this.#held !== null && this.#held.kind !== "nothing";
  }

  release({ point, screen, event }) {
    const held = this.#held;
    if (!held) return;
    this.cancel();
    const { kind, start, isMoved } = held;
    const gap = Math.hypot(screen.x - start.screen.x, screen.y - start.screen.y);
    if (isMoved && kind !== "gone") this.#change(held, point);
    else if (kind === "vertex") this.board.set({ corner: held.corner });
    else if ((kind === "nothing" || kind === "region") && gap <= DEAD_ZONE_PX) this.place(point, event);
  }

  /** Choose the region under a point; Shift adds it to what is chosen, or takes it off. */
  place(point, event = null) {
    const id = this.board.drawing.at(point, this.board.inL0(REACH_PX));
    if (event?.shiftKey && id) this.board.toggleSelected(id);
    else this.board.select(id ? [id] : []);
  }

  cancel() {
    this.#held = null;
    this.board.set({ preview: null });
  }

  putDown() {
    this.cancel();
  }

  #grabbed(point, event) {
    const { board } = this;
    const region = board.onlyRegion;
    const reach = board.inL0(REACH_PX);
    const corner = region && nearestVertex(region.polygons, point);
    if (corner?.distance <= reach) return { kind: "vertex", region, corner };
    const edge = region && nearestEdge(region.polygons, point);
    if (edge?.distance <= reach) {
      const { polygon, ring } = edge;
      return { kind: "edge", region, corner: { polygon, ring, vertex: edge.edge + 1 } };
    }
    const isChosen = board.selected.has(board.drawing.at(point, reach)) && !event.shiftKey;
    return { kind: isChosen ? "region" : "nothing" };
  }

  #change({ kind, region, corner, start }, point) {
    if (kind === "region") shiftRegion(this.board, point.x - start.point.x, point.y - start.point.y);
    else changeCorner(this.board, region, corner, { place: [point.x, point.y], isNew: kind === "edge" });
  }
}

/** The two edges at a vertex as they would be; the region itself is left until it is let go. */
function previewCorner(board, { region, corner, kind }, { x, y }) {
  const base = kind === "edge" ? withAdded(region.polygons, corner, [x, y]) : region.polygons;
  const [before, after] = besides(base, corner);
  board.set({ preview: [[[before, [x, y], after]]] });
}

function previewShift(board, point, start) {
  const [dx, dy] = [point.x - start.x, point.y - start.y];
  const shapes = board.selectedRegions.filter((region) => !region.point);
  board.set({ preview: shapes.flatMap(({ polygons }) => shifted(polygons, dx, dy)) });
}
