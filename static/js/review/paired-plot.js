// <paired-plot data-from="id" data-plot="id">: a row a figure, with a hollow dot for reading without
// the model, a filled one for reading with it, and their 95 % intervals. The table says the same.

import { carried, make, picture, scale, text, ticks } from "../pages/plot.js";
import { decimals, filled, gettext, wholeNumber } from "../words.js";

const WIDTH = 560;
const LEFT = 210;
const RIGHT = 20;
const ROW = 44;
const APART = 9;
const PHASES = ["unaided", "aided"];

class PairedPlot extends HTMLElement {
  connectedCallback() {
    const plot = carried(this.dataset.from).find(({ id }) => id === this.dataset.plot);
    this.replaceChildren(keyOf(plot.phases), drawn(plot));
  }
}

function keyOf(phases) {
  const key = document.createElement("p");
  key.className = "paired-key";
  for (const phase of PHASES) {
    const sign = picture(16, 16, "");
    sign.setAttribute("aria-hidden", "true");
    sign.append(make("circle", { cx: 8, cy: 8, r: 5, class: `paired-dot is-${phase}` }));
    key.append(sign, phases[phase]);
  }
  return key;
}

function drawn({ title, unit, phases, rows }) {
  const bottom = rows.length * ROW + 10;
  const [low, high] = range(unit, rows);
  const x = scale(low, high, LEFT, WIDTH - RIGHT);
  const svg = picture(WIDTH, bottom + 26, said(title, unit, phases, rows));
  for (const at of ticks(low, high)) {
    svg.append(make("line", { x1: x(at), x2: x(at), y1: 4, y2: bottom, class: "plot-grid" }));
    svg.append(text(x(at), bottom + 18, number(unit, at), { "text-anchor": "middle" }));
  }
  rows.forEach((row, place) => svg.append(...line(row, place * ROW + ROW / 2 + 4, { x, unit, phases })));
  return svg;
}

function range(unit, rows) {
  if (unit === "share") return [0, 1];
  const known = rows.flatMap((row) => PHASES.flatMap((phase) => [row[phase].value, row[phase].high]));
  return [0, Math.max(...known.filter((each) => each !== null), 1) * 1.05];
}

function line(row, y, { x, unit, phases }) {
  const parts = [text(0, y + 4, row.label)];
  PHASES.forEach((phase, place) => {
    const { value, low, high } = row[phase];
    if (value === null) return;
    const at = y + (place ? APART : -APART);
    if (low !== null) parts.push(make("line", { x1: x(low), x2: x(high), y1: at, y2: at, class: `paired-whisker is-${phase}` }));
    parts.push(make("circle", { cx: x(value), cy: at, r: 5, class: `paired-dot is-${phase}` }));
    const words = make("title");
    words.textContent = `${row.label}, ${phases[phase]}: ${told(unit, row[phase])}`;
    parts.push(make("rect", { x: 0, y: at - APART, width: WIDTH, height: 2 * APART, class: "plot-hit" }, words));
  });
  return parts;
}

function number(unit, value) {
  return unit === "share" ? decimals(value, 1) : filled(gettext("%(n)s s"), { n: wholeNumber(Math.round(value)) });
}

function told(unit, { value, low, high, n }) {
  const words = (each) => (unit === "share" ? decimals(each) : number(unit, each));
  const interval = low === null ? "" : ` (${words(low)}–${words(high)})`;
  return `${words(value)}${interval}, n ${n}`;
}

function said(title, unit, phases, rows) {
  const values = rows.flatMap((row) =>
    PHASES.filter((phase) => row[phase].value !== null).map(
      (phase) => `${row.label}, ${phases[phase]}: ${told(unit, row[phase])}`,
    ),
  );
  return filled(gettext("%(figure)s with 95 %% intervals. %(values)s"), { figure: title, values: values.join("; ") });
}

customElements.define("paired-plot", PairedPlot);
