// The commands of the reading pages: moving, layers, threshold, findings.

import { gettext } from "../words.js";
import { isGlance } from "../viewer/commands.js";

const STEP = 0.15;
const ZOOM = 1.5;
const THRESHOLD_STEP = 0.01;

/** page: {viewer(), pane(), change(patch), none(), peek(layers|null), step(places), help()} */
export function readerCommands(page) {
  return [...moving(page), ...layers(page), ...findings(page), ...threshold(page)];
}

function moving(page) {
  const group = gettext("Moving");
  const pan = (name, key, label, right, down) => ({
    ...{ name, group, label, keys: [key], isRepeated: true },
    run: () => page.viewer().panBy(right * STEP, down * STEP),
  });
  const zoom = (name, keys, label, factor) => ({
    ...{ name, group, label, keys, isRepeated: true },
    run: () => page.viewer().zoomBy(factor),
  });
  const turn = (name, key, label, degrees) => ({
    ...{ name, group, label, keys: [key], isRepeated: true },
    run: () => page.viewer().rotateBy(degrees),
  });
  return [
    pan("left", "arrowleft", gettext("Left"), -1, 0),
    pan("right", "arrowright", gettext("Right"), 1, 0),
    pan("up", "arrowup", gettext("Up"), 0, -1),
    pan("down", "arrowdown", gettext("Down"), 0, 1),
    zoom("closer", ["plus", "="], gettext("Closer"), ZOOM),
    zoom("further", ["-"], gettext("Further"), 1 / ZOOM),
    { name: "home", group, label: gettext("Whole slide"), keys: ["h"], run: () => page.viewer().home() },
    turn("turn-right", "r", gettext("Turn by 90° to the right"), 90),
    turn("turn-left", "shift+r", gettext("Turn by 90° to the left"), -90),
    turn("tilt-right", "alt+arrowright", gettext("Turn by 5° to the right"), 5),
    turn("tilt-left", "alt+arrowleft", gettext("Turn by 5° to the left"), -5),
    { name: "flip", group, label: gettext("Mirror left to right"), keys: ["y"], run: () => page.viewer().flip() },
    { name: "help", group, label: gettext("This list of keys"), keys: ["?"], run: () => page.help() },
  ];
}

function layers(page) {
  const group = gettext("Layers");
  return [
    layer(page, "truth", ["1", "t"], gettext("True mask; held: as long as held")),
    layer(page, "probability", ["2", "m"], gettext("Predicted probability (the model’s map)")),
    layer(page, "agreement", ["3", "a"], gettext("Agreement of prediction and truth")),
    layer(page, "unassessed", ["4", "u"], gettext("What was not assessed")),
    layer(page, "tissue", ["6"], gettext("Tissue, as found when the slide came in")),
    {
      ...{ name: "outlines", group, label: gettext("Every layer as outline, or filled") },
      keys: ["shift+o"],
      run: () => page.change({ styles: allOtherwise(page.pane().state.styles) }),
    },
    { name: "none", group, label: gettext("Tissue alone"), keys: ["0"], run: () => page.none() },
    {
      ...{ name: "peek", group, label: gettext("Held: hide every layer"), keys: ["space"] },
      run: () => page.peek({}),
      release: () => page.peek(null),
    },
  ];
}

/** Layers that only the page of one slide has. */
export function slideLayerCommands(page) {
  return [
    layer(page, "regions", ["5", "g"], gettext("Annotations")),
    layer(page, "versions", ["7"], gettext("Agreement of two versions")),
    layer(page, "seen", ["shift+j"], gettext("Tissue you have seen")),
  ];
}

function layer(page, name, keys, label) {
  let before = null;
  return {
    ...{ name: `layer-${name}`, group: gettext("Layers"), label, keys },
    run: () => {
      before = page.pane().state.layers;
      page.change({ layer: name });
    },
    release: (heldMs) => isGlance(heldMs) && page.change({ layers: before }),
  };
}

function allOtherwise(styles) {
  const next = Object.values(styles).every((style) => style === "outline") ? "heat" : "outline";
  return Object.fromEntries(Object.keys(styles).map((name) => [name, next]));
}

function findings(page) {
  const group = gettext("Findings");
  const step = (name, key, label, places) => ({
    ...{ name, group, label, keys: [key], isRepeated: true },
    run: () => page.step(places),
  });
  return [
    step("next-finding", "n", gettext("Next finding, largest first"), 1),
    step("previous-finding", "p", gettext("Previous finding"), -1),
  ];
}

function threshold(page) {
  const group = gettext("Threshold");
  const move = (name, key, label, step) => ({
    ...{ name, group, label, keys: [key], isRepeated: true },
    run: () => stepThreshold(page, step),
  });
  return [
    move("threshold-down", "[", gettext("Threshold down by 0.01"), -THRESHOLD_STEP),
    move("threshold-up", "]", gettext("Threshold up by 0.01"), THRESHOLD_STEP),
  ];
}

function stepThreshold(page, step) {
  const { threshold } = page.pane().state;
  page.change({ threshold: Math.min(1, Math.max(0, Number((threshold + step).toFixed(4)))) });
}
