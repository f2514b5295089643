// <report-plot data-from="id" data-plot="id">: curves of versions with their bands, read off by
// pointer or by the arrow keys. Colours are told apart by dashes too; the table below says the same.

import { decimals, filled, gettext } from "../words.js";
import { carried, make, picture, scale, text } from "./plot.js";

const WIDTH = 460;
const HEIGHT = 330;
const FRAME = { left: 46, right: 446, top: 12, bottom: 284 };
const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1];
const RATES = [0.125, 0.25, 0.5, 1, 2, 4, 8];
const FRACTIONS = { 0.125: "⅛", 0.25: "¼", 0.5: "½" };
const STEPS = 40;

class ReportPlot extends HTMLElement {
  connectedCallback() {
    this.plot = carried(this.dataset.from).find(({ id }) => id === this.dataset.plot);
    this.axes = axesOf(this.plot);
    this.svg = drawn(this.plot, this.axes);
    this.cursor = make("line", { y1: FRAME.top, y2: FRAME.bottom, class: "plot-cursor", visibility: "hidden" });
    this.svg.append(this.cursor);
    this.svg.setAttribute("tabindex", "0");
    this.readout = document.createElement("p");
    this.readout.className = "plot-readout";
    this.readout.setAttribute("role", "status");
    this.readout.textContent = gettext("Point at the plot, or use the arrow keys, to read values off.");
    this.replaceChildren(keyOf(this.plot), this.svg, this.readout);
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("keydown", (event) => this.step(event));
    this.svg.addEventListener("blur", () => this.cursor.setAttribute("visibility", "hidden"));
    this.place = STEPS / 2;
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const share = (x - FRAME.left) / (FRAME.right - FRAME.left);
    this.place = Math.min(Math.max(share, 0), 1) * STEPS;
    this.read();
  }

  step(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -STEPS, End: STEPS };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.place = Math.min(Math.max(Math.round(this.place) + move, 0), STEPS);
    this.read();
  }

  read() {
    const x = this.axes.valueAt(this.place / STEPS);
    const at = this.axes.x(x);
    this.cursor.setAttribute("x1", at);
    this.cursor.setAttribute("x2", at);
    this.cursor.setAttribute("visibility", "visible");
    const values = this.plot.series.map((line) => `${line.name}: ${told(line, x)}`);
    this.readout.textContent = `${this.plot.x} ${decimals(x, 2)} – ${values.join("; ")}`;
  }
}

function axesOf({ scale: kind }) {
  const y = scale(0, 1, FRAME.bottom, FRAME.top);
  if (kind !== "rate") {
    return { x: scale(0, 1, FRAME.left, FRAME.right), y, marks: SHARES, valueAt: (share) => share };
  }
  const [low, high] = [Math.log2(RATES[0]), Math.log2(RATES.at(-1))];
  const along = scale(low, high, FRAME.left, FRAME.right);
  return {
    x: (rate) => along(Math.min(Math.max(Math.log2(Math.max(rate, 1e-9)), low), high)),
    y,
    marks: RATES,
    valueAt: (share) => 2 ** (low + share * (high - low)),
  };
}

function drawn(plot, axes) {
  const svg = picture(WIDTH, HEIGHT, said(plot));
  for (const at of axes.marks) {
    const x = axes.x(at);
    svg.append(make("line", { x1: x, x2: x, y1: FRAME.top, y2: FRAME.bottom, class: "plot-grid" }));
    svg.append(text(x, FRAME.bottom + 18, FRACTIONS[at] ?? shown(at), { "text-anchor": "middle" }));
  }
  for (const at of SHARES) {
    const y = axes.y(at);
    svg.append(make("line", { x1: FRAME.left, x2: FRAME.right, y1: y, y2: y, class: "plot-grid" }));
    svg.append(text(FRAME.left - 8, y + 4, shown(at), { "text-anchor": "end" }));
  }
  const middle = (FRAME.top + FRAME.bottom) / 2;
  svg.append(text((FRAME.left + FRAME.right) / 2, HEIGHT - 8, plot.x, { "text-anchor": "middle", class: "plot-heading" }));
  svg.append(text(12, middle, plot.y, { "text-anchor": "middle", class: "plot-heading", transform: `rotate(-90 12 ${middle})` }));
  if (plot.diagonal) {
    svg.append(make("line", { x1: axes.x(0), y1: axes.y(0), x2: axes.x(1), y2: axes.y(1), class: "plot-chance" }));
  }
  for (const line of plot.series) svg.append(...bandOf(line, axes));
  for (const line of plot.series) svg.append(...lineOf(line, axes, plot));
  return svg;
}

function bandOf({ band, look }, { x, y }) {
  if (band.length < 2) return [];
  const upper = band.map(([at, , high]) => `${x(at).toFixed(1)},${y(high).toFixed(1)}`);
  const lower = band.map(([at, low]) => `${x(at).toFixed(1)},${y(low).toFixed(1)}`).reverse();
  return [make("polygon", { points: [...upper, ...lower].join(" "), class: `plot-band look-${look}` })];
}

function lineOf({ points, look }, { x, y }, { diagonal: hasDots, scale: kind }) {
  if (!points.length) return [];

  const along = kind === "rate" ? withinRates(points) : points;
  const path = along.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const dots = hasDots ? points.map(([at, value]) => make("circle", { cx: x(at), cy: y(value), r: 3.5, class: `plot-point look-${look}` })) : [];
  return [make("polyline", { points: path, class: `plot-line look-${look}` }), ...dots];
}

/** A curve of rates from the first mark to the last, flat where it ends before, as its table says. */
function withinRates(points) {
  const [low, high] = [RATES[0], RATES.at(-1)];
  const inside = points.filter(([at]) => low < at && at < high);
  return [[low, between(points, low, 1)], ...inside, [high, between(points, high, 1)]];
}

function keyOf({ series }) {
  const key = document.createElement("div");
  key.className = "plot-names";
  for (const { name, look } of series) {
    const line = make("svg", { viewBox: "0 0 30 10", width: 30, height: 10, "aria-hidden": "true" });
    line.append(make("line", { x1: 1, x2: 29, y1: 5, y2: 5, class: `plot-line look-${look}` }));
    const entry = document.createElement("span");
    entry.append(line, ` ${name}`);
    key.append(entry);
  }
  return key;
}

/** A line's value and band at x, and the threshold nearest to it. */
function told(line, x) {
  if (!line.points.length) return "–";
  const value = between(line.points, x, 1);
  const { band } = line;
  const isWithin = band.length && band[0][0] <= x && x <= band.at(-1)[0];
  const interval = isWithin ? ` (${decimals(between(band, x, 1))}–${decimals(between(band, x, 2))})` : "";
  const cut = line.thresholds[nearest(line.points, x)];
  const words = cut === null || cut === undefined ? "" : `, ${filled(gettext("threshold %(t)s"), { t: decimals(cut) })}`;
  return `${decimals(value)}${interval}${words}`;
}

/** By straight lines between points of rising x; of several at one x, the last. */
function between(points, x, column) {
  let last = points[0];
  for (const point of points) {
    if (point[0] > x) {
      const share = (x - last[0]) / (point[0] - last[0] || 1);
      return last[0] > x ? last[column] : last[column] + share * (point[column] - last[column]);
    }
    last = point;
  }
  return last[column];
}

function nearest(points, x) {
  let best = 0;
  points.forEach(([at], place) => {
    if (Math.abs(at - x) <= Math.abs(points[best][0] - x)) best = place;
  });
  return best;
}

function shown(value) {
  return decimals(value, value % 1 ? 1 : 0);
}

function said({ title, x, y, series }) {
  const names = series.map(({ name }) => name).join(", ");
  return filled(gettext("%(title)s: %(y)s by %(x)s, of %(names)s. The numbers are in the table below."), { title, x, y, names });
}

customElements.define("report-plot", ReportPlot);
