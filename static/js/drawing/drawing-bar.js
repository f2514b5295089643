// The bar over the slide: tools, labels, modes, brush size, undo; and what there is to say.

import { filled, gettext, language } from "../words.js";
import { lengthLabel } from "../viewer/geometry.js";
import { setLabel } from "./corrections.js";
import { takeUp } from "./drawing-commands.js";

const SAID_MS = 9000;

export function wireBar(desk) {
  const { board, reader } = desk;
  const bar = reader.querySelector("[data-drawing-bar]");
  bar.addEventListener("click", (event) => pressed(desk, event));
  const size = bar.querySelector("[name=brush]");
  size.addEventListener("input", () => board.setBrush(Number(size.value)));
  const show = () => showBar(desk, bar, size);
  board.addEventListener("change", show);
  board.drawing.addEventListener("change", show);
  board.viewer.addEventListener("viewrest", show);
  wireSaying(desk);
  show();
}

function pressed(desk, event) {
  const button = event.target.closest("button");
  if (!button) return;
  const { tool, label, mode, act } = button.dataset;
  const { board } = desk;
  if (label) setLabel(board, label);
  if (mode) board.set({ mode });
  if (act) ACTS[act](desk);
  if (tool) desk.pick(tool);
  // After the pointer, keys belong to the slide again: Space moves and Enter finishes there.
  else if (event.detail && board.isOn) desk.viewer.viewer.canvas.focus({ preventScroll: true });
}

const ACTS = {
  draw: (desk) => desk.toggle(),
  undo: (desk) => desk.undo(),
  redo: (desk) => desk.redo(),
  lesion: (desk) => takeUp(desk),
};

function showBar({ board, reader }, bar, size) {
  press(reader, "[data-act=draw]", () => board.isOn);
  press(bar, "[data-tool]", ({ dataset }) => dataset.tool === board.tool?.name);
  press(bar, "[data-label]", ({ dataset }) => dataset.label === board.label);
  press(bar, "[data-mode]", ({ dataset }) => dataset.mode === (board.draft?.mode ?? board.mode));
  for (const part of bar.querySelectorAll("[data-when-drawing]")) part.hidden = !board.isOn;
  bar.querySelector("[data-brush]").hidden = !board.tool?.brush;
  bar.querySelector("[data-act=undo]").disabled = !board.drawing.canUndo;
  bar.querySelector("[data-act=redo]").disabled = !board.drawing.canRedo;
  size.value = board.brushPx;
  bar.querySelector("[data-brush-size]").textContent = brushWords(board);
}

function press(root, selector, isPressed) {
  for (const button of root.querySelectorAll(selector)) {
    button.setAttribute("aria-pressed", String(isPressed(button)));
  }
}

/** How wide the brush is on the tissue. */
function brushWords({ viewer, brushPx }) {
  if (!viewer.isOpen) return "";
  const { umPerScreenPx } = viewer;
  if (umPerScreenPx) return `⌀ ${lengthLabel(2 * brushPx * umPerScreenPx, language())}`;
  return `⌀ ${Math.max(1, Math.round((2 * brushPx) / viewer.scale))} px`;
}

function wireSaying(desk) {
  const place = desk.reader.querySelector("[data-drawing-said]");
  const undo = place.querySelector("button");
  let timer = null;
  const hide = () => {
    place.hidden = true;
  };
  desk.board.addEventListener("say", ({ detail: { words, canUndo } }) => {
    clearTimeout(timer);
    place.querySelector("[role=status]").textContent = words;
    undo.hidden = !canUndo;
    place.hidden = false;
    timer = setTimeout(hide, SAID_MS);
  });
  undo.addEventListener("click", () => {
    desk.undo();
    desk.viewer.viewer.canvas.focus({ preventScroll: true });
  });
  undo.setAttribute("aria-label", filled(gettext("Undo (%(keys)s)"), { keys: `${gettext("Ctrl")}+Z` }));
}
