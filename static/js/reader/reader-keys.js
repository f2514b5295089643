// The keys of the reading pages. A layer's key toggles it; held longer, it only peeks.

const HOLD_MS = 350;
const STEP = 0.15;
const ZOOM = 1.5;
const THRESHOLD_STEP = 0.01;

export const LAYER_KEYS = {
  1: "truth", t: "truth",
  2: "probability", m: "probability",
  3: "agreement", a: "agreement",
  4: "unassessed", u: "unassessed",
};

/**
 * Listen for keys until the signal aborts.
 * page: {viewer(), pane(), change(patch), none(), peek(layers|null), help(), step(places), swap()}
 */
export function listenForKeys(page, signal) {
  const held = new Map();
  document.addEventListener("keydown", (event) => pressed(event, page, held), { signal });
  document.addEventListener("keyup", (event) => released(event, page, held), { signal });
  window.addEventListener("blur", () => page.peek(null), { signal });
}

function pressed(event, page, held) {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isOnControl = event.target.closest?.("button, summary, a, input");
  if (key === " " && isOnControl) return; // Space presses buttons
  if (key.startsWith("Arrow") && isOnControl?.matches("input")) return; // arrows move sliders
  const act = actions(page, held, event)[key];
  if (!act) return;
  event.preventDefault();
  act();
}

function actions(page, held, event) {
  const moves = {
    ArrowLeft: () => page.viewer().panBy(-STEP, 0),
    ArrowRight: () => page.viewer().panBy(STEP, 0),
    ArrowUp: () => page.viewer().panBy(0, -STEP),
    ArrowDown: () => page.viewer().panBy(0, STEP),
    "+": () => page.viewer().zoomBy(ZOOM),
    "=": () => page.viewer().zoomBy(ZOOM),
    "-": () => page.viewer().zoomBy(1 / ZOOM),
    n: () => page.step(1),
    p: () => page.step(-1),
    h: () => page.viewer().home(),
    r: () => page.viewer().rotateBy(event.shiftKey ? -90 : 90),
    "[": () => stepThreshold(page, -THRESHOLD_STEP),
    "]": () => stepThreshold(page, THRESHOLD_STEP),
    "?": () => page.help(),
    x: () => page.swap?.(),
  };
  if (event.repeat) return moves;
  const layers = Object.fromEntries(
    Object.entries(LAYER_KEYS).map(([key, layer]) => [key, () => hold(page, held, key, layer)]),
  );
  return { ...moves, ...layers, 0: () => page.none(), " ": () => page.peek({}) };
}

function hold(page, held, key, layer) {
  held.set(key, { at: performance.now(), before: page.pane().state.layers });
  page.change({ layer });
}

function released(event, page, held) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === " ") page.peek(null);
  const press = held.get(key);
  held.delete(key);
  if (press && performance.now() - press.at > HOLD_MS) page.change({ layers: press.before });
}

function stepThreshold(page, step) {
  const { threshold } = page.pane().state;
  page.change({ threshold: Math.min(1, Math.max(0, Number((threshold + step).toFixed(4)))) });
}

function isTyping(target) {
  return Boolean(
    target.closest?.("textarea, select, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])"),
  );
}
