// The part of the address after #: restores the view, the layers and the threshold.

const NUMBERS = { x: "x", y: "y", w: "width", r: "rotation", t: "threshold", o: "opacity" };
const LAYER_LETTERS = { t: "truth", p: "probability", a: "agreement", n: "unassessed" };

/** The address of a view; what is undefined is left out. */
export function format(view) {
  const parts = [];
  for (const [key, name] of Object.entries(NUMBERS)) {
    if (Number.isFinite(view[name])) parts.push(`${key}=${rounded(view[name])}`);
  }
  if (view.isFlipped) parts.push("m=1");
  if (view.layers) parts.push(`l=${letters(view.layers)}`);
  if (view.prediction) parts.push(`p=${view.prediction}`);
  if (view.palette) parts.push(`c=${view.palette}`);
  return parts.join("&");
}

/** The view of an address; what is absent or makes no sense is left out. */
export function parse(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const view = {};
  for (const [key, name] of Object.entries(NUMBERS)) {
    const value = Number.parseFloat(given.get(key));
    if (Number.isFinite(value)) view[name] = value;
  }
  if (!isShare(view.threshold)) delete view.threshold;
  if (!isShare(view.opacity)) delete view.opacity;
  if (!(view.width > 0)) delete view.width;
  if (given.get("m") === "1") view.isFlipped = true;
  if (given.has("l")) view.layers = layers(given.get("l"));
  if (/^\d+$/.test(given.get("p") ?? "")) view.prediction = Number(given.get("p"));
  if (/^[a-z]+$/.test(given.get("c") ?? "")) view.palette = given.get("c");
  return view;
}

function isShare(value) {
  return value >= 0 && value <= 1;
}

function rounded(value) {
  return Number(value.toFixed(3)).toString();
}

function letters(shown) {
  const letter = ([, name]) => shown[name];
  return Object.entries(LAYER_LETTERS).filter(letter).map(([key]) => key).join("") || "0";
}

function layers(text) {
  return Object.fromEntries(
    Object.entries(LAYER_LETTERS).map(([key, name]) => [name, text.includes(key)]),
  );
}
