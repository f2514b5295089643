// Small plots as SVG: what every plot of the experiment pages is made of. Colours come from CSS.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes; what is undefined or null is left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

export function text(x, y, words, attributes = {}) {
  return make("text", { x, y, ...attributes }, words);
}

/** A picture that scales with its place; words say what it shows to those who cannot see it. */
export function picture(width, height, words) {
  return make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words, class: "plot" });
}

/** From values between low and high to px between start and end. */
export function scale(low, high, start, end) {
  const span = high - low || 1;
  return (value) => start + ((value - low) / span) * (end - start);
}

/** Round steps from low to high: 0.6, 0.7, ...; about count of them. */
export function ticks(low, high, count = 5) {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const found = [];
  for (let place = first; place * step <= high + step * 1e-6; place += 1) {
    found.push(Number((place * step).toPrecision(12)));
  }
  return found;
}

/** The JSON that a page carries under an id. */
export function carried(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

export function figure(title, svg) {
  const element = document.createElement("figure");
  element.className = "panel figure";
  const caption = document.createElement("figcaption");
  caption.textContent = title;
  element.append(caption, svg);
  return element;
}
