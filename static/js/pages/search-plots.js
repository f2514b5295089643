// <search-plots data-from="id">: a search of settings as plots: how it went trial by trial, the
// settings of every trial as one line through all axes, and each setting by itself.

import { decimals, gettext } from "../words.js";
import { carried, figure, make, picture, scale, text, ticks } from "./plot.js";

const HEIGHT = 250;
const EDGE = { left: 48, right: 14, top: 14, bottom: 34 };
const WIDE = 1160;
const SLICE = { width: 270, height: 210 };

class SearchPlots extends HTMLElement {
  connectedCallback() {
    const { trials, axes } = carried(this.dataset.from);
    const several = axes.filter(({ values }) => new Set(values).size > 1);
    const wide = figure(gettext("Every trial through all settings"), parallel(trials, several));
    const slices = document.createElement("div");
    slices.className = "slices";
    slices.append(...several.map((axis) => slice(trials, axis)));
    const apart = figure(gettext("Each setting by itself: validation AUC"), slices);
    const over = figure(gettext("Validation AUC, trial by trial"), history(trials));
    this.replaceChildren(over, ...(several.length ? [wide, apart] : []));
  }
}

function valueRange(trials) {
  const values = trials.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const spare = (high - low || 0.1) * 0.08;
  return [Math.max(0, low - spare), Math.min(1, high + spare)];
}

function frame(svg, y, [low, high], width, left) {
  for (const at of ticks(low, high, 4)) {
    svg.append(make("line", { x1: left, x2: width - EDGE.right, y1: y(at), y2: y(at), class: "plot-grid" }));
    svg.append(text(left - 6, y(at) + 4, decimals(at, high - low < 0.1 ? 3 : 2), { "text-anchor": "end" }));
  }
}

function dot(cx, cy, trial) {
  const words = make("title");
  words.textContent = `${trial.number}: ${decimals(trial.value)}`;
  const name = trial.state === "pruned" ? "plot-dot is-pruned" : "plot-dot";
  return make("circle", { cx, cy, r: 4.5, class: name }, words);
}

// How it went -------------------------------------------------------------------

function history(trials) {
  const svg = picture(WIDE, HEIGHT, gettext("Validation AUC of each trial, and the best so far"));
  const span = valueRange(trials);
  const last = Math.max(1, ...trials.map(({ number }) => number));
  const x = scale(0, last, EDGE.left + 8, WIDE - EDGE.right - 8);
  const y = scale(...span, HEIGHT - EDGE.bottom, EDGE.top);
  frame(svg, y, span, WIDE, EDGE.left);
  for (const at of ticks(0, last, 8).filter(Number.isInteger)) {
    svg.append(text(x(at), HEIGHT - 14, String(at), { "text-anchor": "middle" }));
  }
  let best = -Infinity;
  let path = "";
  for (const { number, value, state } of trials) {
    if (state === "done") best = Math.max(best, value);
    if (Number.isFinite(best)) path += path ? ` H${x(number)} V${y(best)}` : `M${x(number)} ${y(best)}`;
  }
  svg.append(make("path", { d: path, class: "plot-best" }));
  svg.append(...trials.map((trial) => dot(x(trial.number), y(trial.value), trial)));
  return svg;
}

// All settings at once ----------------------------------------------------------

function positions({ values, isLog, choices }, start, end) {
  const shown = isLog ? values.map(Math.log10) : values;
  const [low, high] = choices.length ? [0, choices.length - 1] : [Math.min(...shown), Math.max(...shown)];
  return { at: scale(low, high, start, end), shown };
}

function parallel(trials, axes) {
  const svg = picture(WIDE, 330, gettext("One line a trial through its settings, ending at its validation AUC"));
  const [top, bottom] = [44, 300];
  const x = scale(0, axes.length, 70, WIDE - 70);
  const span = valueRange(trials);
  const y = scale(...span, bottom, top);
  const placed = axes.map((axis) => positions(axis, bottom, top));
  const order = [...trials.keys()].sort((a, b) => trials[a].value - trials[b].value);
  for (const [rank, place] of order.entries()) {
    const through = placed.map(({ at, shown }, i) => `${x(i)},${at(shown[place])}`);
    const points = [...through, `${x(axes.length)},${y(trials[place].value)}`].join(" ");
    const strength = 0.15 + 0.85 * (rank / Math.max(1, order.length - 1)) ** 2;
    const name = rank === order.length - 1 ? "plot-trial is-best" : "plot-trial";
    svg.append(make("polyline", { points, class: name, "stroke-opacity": strength.toFixed(2) }));
  }
  for (const [i, axis] of axes.entries()) svg.append(...axisOf(axis, placed[i], x(i), top, bottom));
  svg.append(...upright(gettext("AUC"), x(axes.length), top, bottom));
  for (const at of ticks(...span, 4)) svg.append(text(x(axes.length) + 8, y(at) + 4, decimals(at, 2)));
  return svg;
}

function upright(label, x, top, bottom) {
  return [
    make("line", { x1: x, x2: x, y1: top, y2: bottom, class: "plot-axis" }),
    text(x, 22, label, { "text-anchor": "middle", class: "plot-heading" }),
  ];
}

function axisOf(axis, { at, shown }, x, top, bottom) {
  const marks = axis.choices.length
    ? axis.choices.map((word, place) => [at(place), word])
    : [...new Set([Math.min(...shown), Math.max(...shown)])].map((end) => [at(end), (10 ** end).toPrecision(2)]);
  return [
    ...upright(axis.label, x, top, bottom),
    ...marks.map(([y, word]) => text(x + 7, y + 4, word, { class: "plot-mark" })),
  ];
}

// One setting at a time ---------------------------------------------------------

function slice(trials, axis) {
  const { width, height } = SLICE;
  const svg = picture(width, height, axis.label);
  const span = valueRange(trials);
  const y = scale(...span, height - 46, 10);
  const { at, shown } = positions(axis, EDGE.left + 20, width - 34);
  frame(svg, y, span, width, EDGE.left);
  const marks = axis.choices.length
    ? axis.choices.map((word, place) => [at(place), word])
    : [Math.min(...shown), Math.max(...shown)].map((end) => [at(end), (10 ** end).toPrecision(2)]);
  for (const [x, word] of marks) svg.append(text(x, height - 28, shortened(word, marks.length), { "text-anchor": "middle" }));
  svg.append(text((EDGE.left + width) / 2, height - 8, axis.label, { "text-anchor": "middle", class: "plot-heading" }));
  svg.append(...trials.map((trial, place) => dot(at(shown[place]), y(trial.value), trial)));
  return svg;
}

function shortened(word, marks) {
  const most = Math.floor(30 / Math.max(1, marks));
  return word.length > most ? `${word.slice(0, most - 1)}…` : word;
}

customElements.define("search-plots", SearchPlots);
