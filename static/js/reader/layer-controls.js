// The panel's controls: they change the pane given by `active()` and show its state.

import { areaLabel } from "../viewer/geometry.js";

/**
 * Wire the controls inside root.
 * root: element with [data-layer], [data-style], [data-palette], [name=opacity], [name=threshold].
 * change(patch): how the page changes what the controls act on; {layer} toggles, {reset} goes
 * back to the version's own threshold.
 */
export function wireControls(root, change) {
  root.addEventListener("click", (event) => {
    const layer = event.target.closest("[data-layer]")?.dataset.layer;
    if (layer) change({ layer });
    if (event.target.closest("[data-reset-threshold]")) change({ reset: true });
  });
  root.addEventListener("input", (event) => {
    const { name, value } = event.target;
    if (name === "opacity") change({ opacity: Number(value) / 100 });
    if (name === "threshold") change({ threshold: Number(value) });
    if (name === "style") change({ style: value });
    if (name === "palette") change({ palette: value });
  });
}

/** Show a pane's state on the controls. */
export function showState(root, pane) {
  const { state, prediction, picture } = pane;
  for (const button of root.querySelectorAll("[data-layer]")) {
    const isShown = button.dataset.layer === "none" ? isNone(state) : state.layers[button.dataset.layer];
    button.setAttribute("aria-pressed", String(Boolean(isShown)));
  }
  setValue(root, "opacity", Math.round(state.opacity * 100));
  setValue(root, "threshold", state.threshold);
  setValue(root, "style", state.style);
  setValue(root, "palette", state.palette);
  setText(root, "opacity", `${Math.round(state.opacity * 100)} %`);
  setText(root, "threshold", state.threshold.toFixed(3));
  const isMoved = prediction && Math.abs(prediction.threshold - state.threshold) > 5e-4;
  const reset = root.querySelector("[data-reset-threshold]");
  if (reset) reset.disabled = !isMoved;
  root.querySelector("threshold-ruler")?.show({
    tally: picture?.tally, threshold: state.threshold, palette: state.palette,
  });
}

function isNone(state) {
  return !state.layers.truth && !state.layers.probability && !state.layers.agreement;
}

function setValue(root, name, value) {
  const input = root.querySelector(`[name="${name}"]`);
  if (input && document.activeElement !== input) input.value = value;
  else if (input && Number(input.value) !== value) input.value = value;
}

/** Put words into every [data-show=name] of root. */
export function setText(root, name, words) {
  for (const place of root.querySelectorAll(`[data-show="${name}"]`)) {
    if (place.textContent !== words) place.textContent = words;
  }
}

/** Show counts at the present threshold; a figure that does not exist is a dash. */
export function showFigures(root, figures) {
  const whole = (n) => (n === undefined ? "–" : n.toLocaleString("en"));
  const share = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));
  const given = figures ?? {};
  setText(root, "called", whole(given.called));
  setText(root, "assessed", whole(given.assessed));
  setText(root, "area", calledArea(given) ?? "–");
  for (const name of ["tp", "fp", "fn", "tn", "missed"]) setText(root, name, whole(given[name]));
  for (const name of ["recall", "precision", "specificity", "dice", "iou"]) {
    setText(root, name, share(given[name]));
  }
}

function calledArea({ called, cellUm2 }) {
  return cellUm2 && called !== undefined ? areaLabel(called * cellUm2) : null;
}
