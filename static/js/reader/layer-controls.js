// The panel's controls: they change the pane given by `change` and show its state.

import { LAYERS, otherStyle } from "./look.js";
import { decimals } from "../words.js";

/**
 * Wire the controls inside root: [data-layer], [data-style-of], [data-reset-threshold] and inputs
 * named opacity, threshold, otherThreshold, form, palette, other.
 * change(patch): how the page changes what the controls act on; {layer} toggles, {reset} goes
 * back to the version's own threshold.
 */
export function wireControls(root, change) {
  root.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const layer = at("[data-layer]")?.dataset.layer;
    if (layer) change({ layer });
    const styled = at("[data-style-of]");
    if (styled) change({ styles: { [styled.dataset.styleOf]: otherStyle(styleShown(styled)) } });
    if (at("[data-reset-threshold]")) change({ reset: true });
  });
  root.addEventListener("input", ({ target: { name, value } }) => {
    const patch = PATCHES[name]?.(value);
    if (patch) change(patch);
  });
}

const PATCHES = {
  opacity: (value) => ({ opacity: Number(value) / 100 }),
  threshold: (value) => ({ threshold: Number(value) }),
  otherThreshold: (value) => ({ otherThreshold: Number(value) }),
  other: (value) => ({ other: Number(value) || null }),
  form: (form) => ({ form }),
  palette: (palette) => ({ palette }),
};

function styleShown(button) {
  return button.getAttribute("aria-pressed") === "true" ? "outline" : "heat";
}

/** Show a pane's state on the controls. */
export function showState(root, pane) {
  const { state, picture } = pane;
  showLayers(root, state);
  setValue(root, "opacity", Math.round(state.opacity * 100));
  for (const name of ["threshold", "otherThreshold", "form", "palette"]) setValue(root, name, state[name]);
  setValue(root, "other", state.other ?? "");
  setText(root, "opacity", `${Math.round(state.opacity * 100)} %`);
  setText(root, "threshold", decimals(state.threshold));
  setText(root, "otherThreshold", decimals(state.otherThreshold));
  const reset = root.querySelector("[data-reset-threshold]");
  if (reset) reset.disabled = !isMoved(pane);
  root.querySelector("threshold-ruler")?.show({
    tally: picture?.tally, threshold: state.threshold, palette: state.palette,
  });
}

function showLayers(root, state) {
  const isNone = LAYERS.every((name) => !state.layers[name]);
  for (const button of root.querySelectorAll("[data-layer]")) {
    const isShown = button.dataset.layer === "none" ? isNone : state.layers[button.dataset.layer];
    button.setAttribute("aria-pressed", String(Boolean(isShown)));
  }
  for (const button of root.querySelectorAll("[data-style-of]")) {
    button.setAttribute("aria-pressed", String(state.styles[button.dataset.styleOf] === "outline"));
  }
  for (const part of root.querySelectorAll("[data-while-shown]")) {
    part.hidden = !state.layers[part.dataset.whileShown];
  }
  for (const group of root.querySelectorAll(".layers")) group.dataset.palette = state.palette;
}

function isMoved({ prediction, otherPrediction, state }) {
  const isOff = (reading, threshold) => reading && Math.abs(reading.threshold - threshold) > 5e-4;
  return isOff(prediction, state.threshold) || isOff(otherPrediction, state.otherThreshold) || false;
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
