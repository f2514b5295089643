// Knife: a line across regions splits them; each piece becomes a region.

import { filled, gettext } from "../../words.js";
import { splitBy } from "../arithmetic.js";
import { changed, makeRegion } from "../features.js";
import { boundsOf } from "../shapes.js";

const STEP_PX = 2;

export function knifeTool(board) {
  function finish() {
    const { draft } = board;
    if (!draft) return;
    board.drop();
    if (draft.points.length > 1) cut(board, draft.points);
  }

  return {
    name: "knife",
    cursor: "crosshair",
    press: ({ point }) => board.begin("cut", point),
    drag: ({ point }) => board.trail(point, board.inL0(STEP_PX)),
    release: finish,
    finish,
    place: (point) => (board.draft ? board.extend(point) : board.begin("cut", point)),
    cancel: () => board.drop(),
  };
}

/** Split what a line crosses: the chosen regions if there are any, else all. */
function cut(board, line) {
  const { drawing, selected } = board;
  const changes = drawing
    .idsIn(boundsOf([[line]]))
    .map((id) => drawing.get(id))
    .filter(({ id, point }) => !point && (!selected.size || selected.has(id)))
    .flatMap((region) => piecesOf(region, splitBy(region.polygons, line)));
  if (!changes.length) {
    board.say(gettext("Nothing was split: begin and end the cut outside the outline."));
    return;
  }
  board.apply(changes, gettext("Split"));
  board.say(filled(gettext("Split into %(n)s regions."), { n: changes.length }), { canUndo: true });
}

/** The first piece keeps the id. */
function piecesOf(before, pieces) {
  if (pieces.length < 2) return [];
  const { label, name, origin } = before;
  const [first, ...others] = pieces;
  return [
    { id: before.id, before, after: changed(before, { polygons: first }) },
    ...others.map((polygons) => {
      const after = makeRegion({ label, name, origin, polygons });
      return { id: after.id, before: null, after };
    }),
  ];
}
