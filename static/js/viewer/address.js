// The part of the address after #: restores the view, the layers, their look and the thresholds.

const NUMBERS = {
  x: "x", y: "y", w: "width", r: "rotation", t: "threshold", u: "otherThreshold", o: "opacity",
};
const SHARES = ["threshold", "otherThreshold", "opacity"];
const IDS = { p: "prediction", q: "other" };
const LAYER_LETTERS = {
  t: "truth", p: "probability", a: "agreement", v: "versions", n: "unassessed", g: "regions",
  i: "tissue", s: "seen",
};
const FORM_LETTERS = { c: "true cells", s: "smoothed" };

/** The address of a view; what is undefined is left out. */
export function format(view) {
  const parts = [];
  for (const [key, name] of Object.entries(NUMBERS)) {
    if (Number.isFinite(view[name])) parts.push(`${key}=${rounded(view[name])}`);
  }
  if (view.isFlipped) parts.push("m=1");
  if (view.layers) parts.push(`l=${letters(view.layers, (shown) => shown)}`);
  if (view.styles) parts.push(`s=${letters(view.styles, (style) => style === "outline")}`);
  const form = Object.keys(FORM_LETTERS).find((key) => FORM_LETTERS[key] === view.form);
  if (form) parts.push(`f=${form}`);
  for (const [key, name] of Object.entries(IDS)) if (view[name]) parts.push(`${key}=${view[name]}`);
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
  for (const name of SHARES) if (!isShare(view[name])) delete view[name];
  if (!(view.width > 0)) delete view.width;
  if (given.get("m") === "1") view.isFlipped = true;
  if (given.has("l")) view.layers = ofLetters(given.get("l"), (isNamed) => isNamed);
  if (given.has("s")) view.styles = ofLetters(given.get("s"), (is) => (is ? "outline" : "heat"));
  if (given.get("f") in FORM_LETTERS) view.form = FORM_LETTERS[given.get("f")];
  for (const [key, name] of Object.entries(IDS)) {
    if (/^\d+$/.test(given.get(key) ?? "")) view[name] = Number(given.get(key));
  }
  if (/^[a-z]+$/.test(given.get("c") ?? "")) view.palette = given.get("c");
  return view;
}

function isShare(value) {
  return value >= 0 && value <= 1;
}

function rounded(value) {
  return Number(value.toFixed(3)).toString();
}

function letters(byLayer, isMeant) {
  const meant = Object.entries(LAYER_LETTERS).filter(([, name]) => isMeant(byLayer[name]));
  return meant.map(([key]) => key).join("") || "0";
}

function ofLetters(text, meaning) {
  return Object.fromEntries(
    Object.entries(LAYER_LETTERS).map(([key, name]) => [name, meaning(text.includes(key))]),
  );
}
