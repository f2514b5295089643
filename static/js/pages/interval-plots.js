// <interval-plots data-from="id">: one plot a figure, a line a network and scale, with its 95 %
// interval and, as a hollow diamond, what the seed printed. The table below says the same.

import { decimals, filled, gettext } from "../words.js";
import { carried, figure, make, picture, scale, text, ticks } from "./plot.js";

const WIDTH = 400;
const LEFT = 150;
const RIGHT = 16;
const LINE = 26;
const GROUP = 24;
const DIAMOND = 5;

class IntervalPlots extends HTMLElement {
  connectedCallback() {
    this.replaceChildren(...carried(this.dataset.from).map((plot) => figure(plot.title, drawn(plot))));
  }
}

/** The rows of a plot, a heading before each scale: [{y, words} or {y, point}], and the height. */
function laidOut(points) {
  const rows = [];
  let y = 6;
  let group = null;
  for (const point of points) {
    if (point.group !== group) {
      group = point.group;
      y += GROUP;
      rows.push({ y, heading: group });
    }
    y += LINE;
    rows.push({ y, point });
  }
  return { rows, bottom: y + 14 };
}

function range(points) {
  const known = points.flatMap(({ value, low, seed }) => [value, low, seed]);
  const lowest = Math.min(...known.filter((each) => each !== null), 0.9);
  return [Math.max(0, Math.floor(lowest * 10) / 10), 1];
}

function drawn({ title, points }) {
  const { rows, bottom } = laidOut(points);
  const [low, high] = range(points);
  const x = scale(low, high, LEFT, WIDTH - RIGHT);
  const svg = picture(WIDTH, bottom + 26, said(title, points));
  for (const at of ticks(low, high)) {
    svg.append(make("line", { x1: x(at), x2: x(at), y1: 14, y2: bottom, class: "plot-grid" }));
    svg.append(text(x(at), bottom + 18, decimals(at, 1), { "text-anchor": "middle" }));
  }
  for (const { y, heading, point } of rows) {
    if (heading) svg.append(text(4, y, heading, { class: "plot-heading" }));
    else svg.append(...line(point, y, x));
  }
  return svg;
}

function line(point, y, x) {
  const parts = [text(16, y + 4, point.label)];
  if (point.seed !== null) {
    const at = x(point.seed);
    const path = `M${at} ${y - DIAMOND} L${at + DIAMOND} ${y} L${at} ${y + DIAMOND} L${at - DIAMOND} ${y} Z`;
    parts.push(make("path", { d: path, class: "plot-seed" }));
  }
  if (point.value === null) return parts;
  if (point.low !== null) {
    parts.push(make("line", { x1: x(point.low), x2: x(point.high), y1: y, y2: y, class: "plot-whisker" }));
  }
  parts.push(make("circle", { cx: x(point.value), cy: y, r: 4.5, class: "plot-dot" }));
  const words = make("title");
  words.textContent = `${point.label}, ${point.group}: ${told(point)}`;
  parts.push(make("rect", { x: 0, y: y - LINE / 2, width: WIDTH, height: LINE, class: "plot-hit" }, words));
  return parts;
}

function told({ value, low, high, n }) {
  const interval = low === null ? "" : ` (${decimals(low)}–${decimals(high)})`;
  return `${decimals(value)}${interval}, n ${n}`;
}

function said(title, points) {
  const values = points.map((point) => `${point.label}, ${point.group}: ${told(point)}`);
  return filled(gettext("%(figure)s with 95 %% intervals. %(values)s"), { figure: title, values: values.join("; ") });
}

customElements.define("interval-plots", IntervalPlots);
