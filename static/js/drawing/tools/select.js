// Select and correct: a click chooses a region; of the chosen one, vertices are dragged, put in by
// a press on an edge, taken out with Alt; a drag inside moves it once it left the dead zone.
// What is not taken hold of is left to the slide, so that dragging beside regions moves the view.

import { changeCorner, removeCorner, shiftRegion } from "../corrections.js";
import { nearestEdge, nearestVertex } from "../shapes.js";
import { besides, shifted, withAdded } from "../vertices.js";

const REACH_PX = 8;
const DEAD_ZONE_PX = 6;

export function selectTool(board) {
  let hold = null; // {kind: "vertex" | "edge" | "region" | "nothing", from, start, corner, isMoved}

  function grab(point, screen, event) {
    const region = board.onlyRegion;
    const reach = board.inL0(REACH_PX);
    const start = { point, screen };
    const vertex = region && nearestVertex(region.polygons, point);
    if (vertex?.distance <= reach) {
      return { kind: event?.altKey ? "remove" : "vertex", region, start, corner: vertex };
    }
    const edge = region && nearestEdge(region.polygons, point);
    if (edge?.distance <= reach) {
      const corner = { polygon: edge.polygon, ring: edge.ring, vertex: edge.edge + 1 };
      return { kind: "edge", region, start, corner };
    }
    const id = board.drawing.at(point, reach);
    const isChosen = board.selected.has(id) && !event?.shiftKey;
    return { kind: isChosen ? "region" : "nothing", start, id };
  }

  function follow(point, screen) {
    const { start } = hold;
    const gap = Math.hypot(screen.x - start.screen.x, screen.y - start.screen.y);
    hold.isMoved ||= gap > (hold.kind === "region" ? DEAD_ZONE_PX : 2);
    if (!hold.isMoved) return;
    if (hold.kind === "region") previewShift(board, point, start.point);
    else previewCorner(board, hold, point);
  }

  function letGo(point) {
    const { kind, region, corner, start, isMoved } = hold;
    hold = null;
    board.set({ preview: null });
    const place = [point.x, point.y];
    if (kind === "region") return shiftRegion(board, point.x - start.point.x, point.y - start.point.y);
    if (kind === "vertex" && !isMoved) return board.set({ corner });
    return changeCorner(board, region, corner, { place, isNew: kind === "edge" });
  }

  function choose(point, event) {
    const id = board.drawing.at(point, board.inL0(REACH_PX));
    if (event?.shiftKey && id) board.toggleSelected(id);
    else board.select(id ? [id] : []);
  }

  return {
    name: "select",
    cursor: "default",
    press({ point, screen, event }) {
      hold = grab(point, screen, event);
      if (hold.kind === "remove") removeCorner(board, hold.region, hold.corner);
    },
    drag({ point, screen }) {
      if (!hold || hold.kind === "nothing") return false;
      if (hold.kind !== "remove") follow(point, screen);
      return true;
    },
    rest: () => hold?.kind !== "nothing" && hold !== null,
    release({ point, screen, event }) {
      if (!hold) return;
      const { kind, start } = hold;
      const isClick = Math.hypot(screen.x - start.screen.x, screen.y - start.screen.y) <= DEAD_ZONE_PX;
      if (kind === "nothing" || (kind === "region" && !hold.isMoved)) {
        hold = null;
        if (isClick) choose(point, event);
      } else if (kind === "remove" || (kind === "edge" && !hold.isMoved)) hold = null;
      else letGo(point);
    },
    place: (point, event) => choose(point, event),
    putDown() {
      hold = null;
      board.set({ preview: null, corner: null });
    },
    cancel() {
      hold = null;
      board.set({ preview: null });
    },
  };
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
