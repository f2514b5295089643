// What lies round a viewer: zoom buttons, scale bar, magnification, the value under the cursor.

import { formWords } from "../maps/legend.js";
import { magnificationLabel } from "./geometry.js";
import { setText } from "../reader/layer-controls.js";
import { showsCells } from "../reader/look.js";
import { decimals, language, wholeNumber } from "../words.js";

/** Wire the buttons of a stage to its viewer and keep its scale bar true. */
export function wireChrome(stage, viewer) {
  stage.addEventListener("click", (event) => {
    const act = event.target.closest("[data-view]")?.dataset.view;
    if (act) ACTS[act](viewer);
  });
  viewer.addEventListener("viewchange", () => {
    showScale(stage, viewer);
    showForm(stage, viewer.shown.look);
  });
}

const ACTS = {
  in: (viewer) => viewer.zoomBy(1.6),
  out: (viewer) => viewer.zoomBy(1 / 1.6),
  home: (viewer) => viewer.home(),
  turn: (viewer) => viewer.rotateBy(90),
  flip: (viewer) => viewer.flip(),
  full: (viewer) => viewer.zoomToMagnification(40),
};

function showScale(stage, viewer) {
  const bar = viewer.scaleBar;
  const place = stage.querySelector(".scale-bar");
  if (place && bar) {
    place.style.width = `${bar.px}px`;
    setText(stage, "scale", bar.label);
  }
  const power = magnificationLabel(viewer.magnification, language());
  if (power) setText(stage, "magnification", power);
}

/** Say whether cells are shown as they are or smoothed, wherever they are shown. */
function showForm(stage, look) {
  const isShown = Boolean(look && showsCells(look));
  for (const place of stage.querySelectorAll("[data-form]")) place.hidden = !isShown;
  if (isShown) setText(stage, "form", formWords(look.form));
}

/** Words for a point: probability, of two versions where compared, truth and place. */
export function pointWords(point, found, { mpp }, words) {
  if (!point) return "";
  const place = mpp
    ? `${pair(point, (px) => decimals((px * mpp) / 1000, 2))} mm`
    : `${pair(point, (px) => wholeNumber(Math.round(px)))} px`;
  if (!found) return place;
  const { probability, truthShare, version, other } = found;
  const parts = [place];
  if (truthShare !== null) parts.unshift(`${words.truth} ${Math.round(100 * truthShare)} %`);
  if (other) {
    const named = [{ version, probability }, other];
    parts.unshift(...named.map((each) => `${each.version}: ${valueWords(each.probability, words)}`));
  } else if (probability !== undefined) {
    parts.unshift(valueWords(probability, words));
  }
  return parts.join(" · ");
}

/** Two numbers beside each other, told apart whether a comma groups digits or begins decimals. */
function pair({ x, y }, words) {
  return `${words(x)} / ${words(y)}`;
}

function valueWords(probability, words) {
  return probability === null ? words.notAssessed : `p ${decimals(probability, 2)}`;
}
