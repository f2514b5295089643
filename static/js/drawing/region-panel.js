// The panel's part: begin and end, taking lesions, what can be done to what is chosen, all regions.

import { filled, gettext, ngettext, wholeNumber } from "../words.js";
import { removeSelected, simplification, uniteSelected } from "./corrections.js";
import { takeUp } from "./drawing-commands.js";
import { RegionList } from "./region-list.js";

export function wirePanel(desk) {
  const { board, reader } = desk;
  const panel = reader.querySelector("[data-drawing-panel]");
  const list = new RegionList(board, panel);
  const form = panel.querySelector("[name=lesion-form]");
  const tolerance = panel.querySelector("[data-tolerance]");
  panel.addEventListener("click", ({ target }) => {
    const act = target.closest("[data-act]")?.dataset.act;
    ACTS[act]?.(desk, tolerance);
  });
  form.addEventListener("change", () => board.set({ form: form.value }));
  tolerance.addEventListener("input", () => previewSimpler(board, tolerance));
  tolerance.addEventListener("keydown", (event) => {
    if (event.key === "Enter") simplify(desk, tolerance);
  });
  tolerance.addEventListener("blur", () => board.preview && board.set({ preview: null }));
  tolerance.addEventListener("focus", () => previewSimpler(board, tolerance));
  const show = () => showPanel(board, panel, { form, tolerance });
  board.addEventListener("change", () => {
    show();
    list.mark();
  });
  board.drawing.addEventListener("change", () => list.refresh());
  show();
}

const ACTS = {
  draw: (desk) => desk.toggle(),
  lesion: (desk) => takeUp(desk),
  unite: ({ board }) => uniteSelected(board),
  delete: ({ board }) => removeSelected(board),
  simplify: (desk, tolerance) => simplify(desk, tolerance),
};

function showPanel(board, panel, { form, tolerance }) {
  for (const part of panel.querySelectorAll("[data-when-drawing]")) part.hidden = !board.isOn;
  const regions = board.selectedRegions.filter(({ point }) => !point);
  panel.querySelector("[data-chosen]").hidden = !board.isOn || !board.selected.size;
  panel.querySelector("[data-act=unite]").disabled = regions.length < 2;
  panel.querySelector("[data-simplify]").hidden = !regions.length;
  if (board.form && form.value !== board.form) form.value = board.form;
  if (tolerance !== document.activeElement) {
    panel.querySelector("[data-vertices]").textContent = countWords(board);
  }
}

/** A tolerance as typed, in um or px, becomes level-0 px; null if it is none. */
function toleranceOf(board, tolerance) {
  const value = Number(tolerance.value.replace(",", "."));
  return value > 0 ? value / (board.viewer.mpp ?? 1) : null;
}

function countWords(board) {
  if (!board.onlyRegion) return "";
  const { before } = simplification(board, 0);
  return filled(ngettext("%(n)s vertex", "%(n)s vertices", before), { n: wholeNumber(before) });
}

function previewSimpler(board, tolerance) {
  const place = tolerance.closest("[data-drawing-panel]").querySelector("[data-vertices]");
  const px = toleranceOf(board, tolerance);
  if (!px || !board.selected.size) {
    place.textContent = gettext("Give a tolerance above 0.");
    board.set({ preview: null });
    return;
  }
  const { changes, before, after } = simplification(board, px);
  const words = gettext("%(before)s → %(after)s vertices");
  place.textContent = filled(words, { before: wholeNumber(before), after: wholeNumber(after) });
  board.set({ preview: changes.flatMap((each) => each.after.polygons) });
}

function simplify({ board, viewer }, tolerance) {
  const px = toleranceOf(board, tolerance);
  if (!px || !board.selected.size) return;
  const { changes, before, after } = simplification(board, px);
  board.set({ preview: null });
  board.apply(changes, gettext("Fewer vertices"));
  const words = gettext("%(before)s vertices became %(after)s.");
  board.say(filled(words, { before: wholeNumber(before), after: wholeNumber(after) }), { canUndo: true });
  viewer.viewer.canvas.focus({ preventScroll: true });
}
