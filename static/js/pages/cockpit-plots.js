// The three plots of the cockpit: a curve with its band, and a point that moves on it. The present
// threshold is a square, the point a ring: shapes tell them apart, whatever the colours.

import { decimals, gettext } from "../words.js";
import { make, picture, scale, text } from "./plot.js";

const WIDTH = 460;
const HEIGHT = 300;
const FRAME = { left: 46, right: 446, top: 12, bottom: 254 };
const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1];
const LEAST_RATE = 1 / 8;
const FRACTIONS = { 0.125: "⅛", 0.25: "¼", 0.5: "½" };

/** Plots by name: each has svg, show(point) and thresholdAt(event). */
export function plotsOf(numbers) {
  const rates = rateMarks(Math.max(8, ...numbers.rates));
  const found = numbers.edges.sensitivity;
  const n = numbers.lesions.micro.length + numbers.lesions.macro.length;
  const points = numbers.stops.map((threshold, stop) => ({
    threshold,
    rate: numbers.rates[stop],
    found: n ? found[stop][0] / n : null,
    foundBand: found[stop].slice(1),
    falseBand: numbers.edges.false_per_slide[stop].slice(1),
  }));
  const share = { marks: SHARES, along: (from, to) => scale(0, 1, from, to) };
  const rate = { marks: rates, along: (from, to) => rateScale(rates.at(-1), from, to) };
  return {
    froc: plot(points, {
      x: { ...share, ...rate, name: gettext("false findings per slide"), of: (one) => one.rate },
      y: { ...share, name: gettext("share of lesions found"), of: (one) => one.found, band: (one) => one.foundBand },
      isStepped: false,
    }),
    found: plot(points, {
      x: { ...share, name: gettext("threshold"), of: (one) => one.threshold },
      y: { ...share, name: gettext("share of lesions found"), of: (one) => one.found, band: (one) => one.foundBand },
      isStepped: true,
    }),
    false: plot(points, {
      x: { ...share, name: gettext("threshold"), of: (one) => one.threshold },
      y: { ...rate, name: gettext("false findings per slide"), of: (one) => one.rate, band: (one) => one.falseBand },
      isStepped: true,
    }),
  };
}

function rateMarks(most) {
  const marks = [];
  for (let mark = LEAST_RATE; mark < most; mark *= 2) marks.push(mark);
  return [...marks, marks.at(-1) * 2];
}

/** By doubling; what is less than an eighth lies at the edge. */
function rateScale(most, from, to) {
  const along = scale(Math.log2(LEAST_RATE), Math.log2(most), from, to);
  return (value) => along(Math.log2(Math.min(Math.max(value, LEAST_RATE), most)));
}

function plot(points, { x, y, isStepped }) {
  const at = { x: x.along(FRAME.left, FRAME.right), y: y.along(FRAME.bottom, FRAME.top) };
  const svg = picture(WIDTH, HEIGHT, `${y.name} / ${x.name}`);
  svg.append(...grid(x, y, at));
  const drawn = points.filter((one) => y.of(one) !== null && x.of(one) !== null);
  const path = drawn.map((one) => [at.x(x.of(one)), at.y(y.of(one))]);
  const edges = drawn.filter((one) => y.band(one)[0] !== null);
  svg.append(...bandOf(edges, at, { x, y }, isStepped));
  svg.append(make("polyline", { points: coordinates(isStepped ? stepped(path) : path), class: "plot-line cockpit-line" }));
  const present = make("rect", { x: -5, y: -5, width: 10, height: 10, class: "cockpit-present", visibility: "hidden" });
  const cross = ["x", "y"].map(() => make("line", { class: "cockpit-cross", visibility: "hidden" }));
  const ring = make("circle", { r: 7, class: "cockpit-point", visibility: "hidden" });
  svg.append(...cross, present, ring);
  return {
    svg,
    show: (one) => place(one, { ring, cross }, at, { x, y }),
    showPresent: (one) => place(one, { ring: present, cross: [] }, at, { x, y }),
    thresholdAt: (event) => nearest(drawn, px(svg, event), at, x),
  };
}

function place(one, { ring, cross }, at, { x, y }) {
  const values = [x.of(one), y.of(one)];
  const isThere = values.every((value) => value !== null);
  for (const each of [ring, ...cross]) each.setAttribute("visibility", isThere ? "visible" : "hidden");
  if (!isThere) return;
  const [left, top] = [at.x(values[0]), at.y(values[1])];
  ring.setAttribute("transform", `translate(${left.toFixed(1)} ${top.toFixed(1)})`);
  const ends = [[left, FRAME.top, left, FRAME.bottom], [FRAME.left, top, FRAME.right, top]];
  cross.forEach((line, index) => {
    ["x1", "y1", "x2", "y2"].forEach((name, end) => line.setAttribute(name, ends[index][end].toFixed(1)));
  });
}

function px(svg, event) {
  const box = svg.getBoundingClientRect();
  return ((event.clientX - box.left) / box.width) * WIDTH;
}

/** The threshold of the point that lies nearest along x. */
function nearest(drawn, left, at, x) {
  let best = null;
  for (const one of drawn) {
    const distance = Math.abs(at.x(x.of(one)) - left);
    if (best === null || distance < best.distance) best = { distance, threshold: one.threshold };
  }
  return best?.threshold ?? null;
}

function grid(x, y, at) {
  const parts = [];
  for (const mark of x.marks) {
    const left = at.x(mark);
    parts.push(make("line", { x1: left, x2: left, y1: FRAME.top, y2: FRAME.bottom, class: "plot-grid" }));
    parts.push(text(left, FRAME.bottom + 18, shown(mark), { "text-anchor": "middle" }));
  }
  for (const mark of y.marks) {
    const top = at.y(mark);
    parts.push(make("line", { x1: FRAME.left, x2: FRAME.right, y1: top, y2: top, class: "plot-grid" }));
    parts.push(text(FRAME.left - 8, top + 4, shown(mark), { "text-anchor": "end" }));
  }
  const middle = (FRAME.top + FRAME.bottom) / 2;
  parts.push(text((FRAME.left + FRAME.right) / 2, HEIGHT - 8, x.name, { "text-anchor": "middle", class: "plot-heading" }));
  parts.push(text(12, middle, y.name, { "text-anchor": "middle", class: "plot-heading", transform: `rotate(-90 12 ${middle})` }));
  return parts;
}

function bandOf(edges, at, { x, y }, isStepped) {
  if (edges.length < 2) return [];
  const [low, high] = [0, 1].map((edge) => {
    const path = edges.map((one) => [at.x(x.of(one)), at.y(y.band(one)[edge])]);
    return isStepped ? stepped(path) : path;
  });
  return [make("polygon", { points: coordinates([...high, ...low.reverse()]), class: "plot-band cockpit-line" })];
}

/** Thresholds fall, and a figure holds from its own on down to the next. */
function stepped(path) {
  return path.flatMap(([left, top], index) => (index ? [[left, path[index - 1][1]], [left, top]] : [[left, top]]));
}

function coordinates(path) {
  return path.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(" ");
}

function shown(value) {
  return FRACTIONS[value] ?? decimals(value, value % 1 ? 1 : 0);
}
