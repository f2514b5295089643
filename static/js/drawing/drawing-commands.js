// The keys of drawing. D holds always, the others while drawing is on and has the pointer.

import { gettext } from "../words.js";
import { isGlance } from "../viewer/commands.js";
import {
  halveEdge,
  nudgeCorner,
  removeCorner,
  removeSelected,
  setLabel,
  stepCorner,
  uniteSelected,
} from "./corrections.js";
import { LABELS } from "./labels.js";
import { tapped } from "./key-hand.js";
import { takeLesion } from "./lesion.js";

const NUDGE_PX = 4;
const FINE_STEP = 0.02;

export function drawingCommands(desk) {
  const group = gettext("Drawing");
  const isInHand = () => desk.isInHand;
  const on = (commands) => commands.map((each) => ({ group, when: isInHand, ...each }));
  return [
    { name: "draw", group, label: gettext("Begin or end drawing"), keys: ["d"], run: () => desk.toggle() },
    ...on(tools(desk)),
    ...on(labels(desk.board)),
    ...on(modes(desk.board)),
    ...on(shapes(desk)),
    ...on(corrections(desk.board)),
    ...on(keyboard(desk)),
    ...brushes(desk, group),
    ...nudges(desk, group),
  ];
}

function tools(desk) {
  const tool = (name, key, label) => ({
    ...{ name: `draw-${name}`, keys: [key], label },
    run: () => desk.pick(name),
  });
  return [
    tool("select", "v", gettext("Select and correct regions")),
    tool("polygon", "q", gettext("Polygon")),
    tool("freehand", "f", gettext("Freehand")),
    tool("rectangle", "e", gettext("Rectangle")),
    tool("point", "o", gettext("Point")),
    tool("brush", "b", gettext("Brush")),
    tool("eraser", "shift+b", gettext("Eraser")),
    tool("wand", "w", gettext("Wand on the model’s map")),
    tool("knife", "k", gettext("Knife: split regions")),
  ];
}

function labels(board) {
  return LABELS.map(({ label, name, key }) => ({
    ...{ name: `draw-label-${label}`, keys: [key], label: name },
    run: () => setLabel(board, label),
  }));
}

function modes(board) {
  const mode = (name, key, label) => ({
    ...{ name: `draw-mode-${name}`, keys: [key], label },
    run: () => board.set({ mode: name }),
  });
  return [
    mode("new", "shift+n", gettext("Shapes make new regions")),
    mode("add", "shift+a", gettext("Shapes add to regions; held: Shift")),
    mode("subtract", "shift+s", gettext("Shapes subtract from regions; held: Alt")),
    mode("intersect", "shift+i", gettext("Shapes intersect regions; held: Ctrl and Alt")),
  ];
}

function shapes(desk) {
  const { board } = desk;
  return [
    { name: "draw-undo", keys: ["ctrl+z"], label: gettext("Undo"), isRepeated: true, run: () => desk.undo() },
    {
      ...{ name: "draw-redo", keys: ["ctrl+shift+z", "ctrl+y"], label: gettext("Redo") },
      ...{ isRepeated: true, run: () => desk.redo() },
    },
    {
      ...{ name: "draw-lesion", keys: ["l"], label: gettext("Take this lesion as mine and correct it") },
      run: () => takeUp(desk),
    },
    { name: "draw-unite", keys: ["shift+u"], label: gettext("Unite what is chosen"), run: () => uniteSelected(board) },
    {
      ...{ name: "draw-simplify", keys: ["shift+v"], label: gettext("Fewer vertices") },
      run: () => desk.reader.querySelector("[data-tolerance]").focus(),
    },
    { name: "draw-escape", keys: ["escape"], label: gettext("Give up: vertex, shape, choice, tool"), run: () => giveUp(desk) },
    { name: "draw-delete", keys: ["delete", "backspace"], label: gettext("Delete: vertex or regions"), run: () => remove(board) },
  ];
}

/** Take the lesion under the pointer, or under the cross-hair, and begin to correct it. */
export function takeUp(desk) {
  const { board, reader } = desk;
  takeLesion(board, board.isByKeys ? board.centre : reader.pointed);
  desk.pick("select");
}

function giveUp(desk) {
  const { board } = desk;
  if (board.corner) board.set({ corner: null });
  else if (board.drop()) board.tool.cancel?.();
  else if (board.selected.size) board.select([]);
  else if (board.tool.name !== "select") desk.pick("select");
}

function remove(board) {
  if (board.draft) {
    if (!board.tool.stepBack?.()) board.drop();
  } else if (board.isCornerThere()) removeCorner(board, board.onlyRegion, board.corner);
  else removeSelected(board);
}

function corrections(board) {
  const step = (name, key, label, places) => ({
    ...{ name, keys: [key], label, isRepeated: true },
    run: () => stepCorner(board, places),
  });
  return [
    step("draw-next-vertex", ".", gettext("Next vertex of the chosen region"), 1),
    step("draw-previous-vertex", ",", gettext("Previous vertex"), -1),
  ];
}

function keyboard(desk) {
  const { board, viewer } = desk;
  const fine = (name, key, label, right, down) => ({
    ...{ name: `draw-fine-${name}`, keys: [`shift+${key}`], label, isRepeated: true },
    run: () => viewer.panBy(right * FINE_STEP, down * FINE_STEP),
  });
  return [
    {
      ...{ name: "draw-place", keys: ["space"] },
      label: gettext("Held: move the slide. Pressed: put the tool down under the cross-hair"),
      run: () => viewer.hand.hold(true),
      release: (heldMs) => {
        viewer.hand.hold(false);
        if (!isGlance(heldMs) && desk.isInHand) tapped(board);
      },
    },
    { name: "draw-finish", keys: ["enter"], label: gettext("Finish the shape"), run: () => finish(board) },
    fine("left", "arrowleft", gettext("A little to the left"), -1, 0),
    fine("right", "arrowright", gettext("A little to the right"), 1, 0),
    fine("up", "arrowup", gettext("A little up"), 0, -1),
    fine("down", "arrowdown", gettext("A little down"), 0, 1),
  ];
}

function finish(board) {
  if (board.isCornerThere()) halveEdge(board);
  else if (board.draft) board.tool.finish?.();
  else tapped(board);
}

function brushes(desk, group) {
  const when = () => desk.isInHand && Boolean(desk.board.tool.brush);
  const size = (name, key, label, steps) => ({
    ...{ name, group, when, label, keys: [key], isRepeated: true },
    run: () => desk.board.growBrush(steps),
  });
  return [
    size("draw-brush-smaller", "[", gettext("Smaller brush"), -1),
    size("draw-brush-larger", "]", gettext("Larger brush"), 1),
  ];
}

function nudges(desk, group) {
  const when = () => desk.isInHand && desk.board.isCornerThere();
  const nudge = (name, key, label, right, down) => ({
    ...{ name: `draw-nudge-${name}`, group, when, label, keys: [key], isRepeated: true },
    run: () => nudgeCorner(desk.board, right * NUDGE_PX, down * NUDGE_PX),
  });
  return [
    nudge("left", "arrowleft", gettext("Vertex to the left"), -1, 0),
    nudge("right", "arrowright", gettext("Vertex to the right"), 1, 0),
    nudge("up", "arrowup", gettext("Vertex up"), 0, -1),
    nudge("down", "arrowdown", gettext("Vertex down"), 0, 1),
  ];
}
