// <interval-chart data-charts>: draws curves and points with their intervals from tables on the page.
// The tables stay: a canvas is mute. data-charts: [{title, x, y, hasDiagonal, series}], x and y
// the words of the axes; series: [{table, name, x, y, low, high, left, right, look, colour}] with
// keys of columns; low to high is the interval of y, left to right that of x. look: line, points
// or mark. colour: a design token.

import { decimals, language } from "../words.js";
import { columnsOf } from "./table-chart.js";

const LOOKS = {
  line: { showLine: true, pointRadius: 0, borderWidth: 2 },
  points: { showLine: true, pointRadius: 5, borderWidth: 1.5 },
  mark: { showLine: false, pointRadius: 8, pointStyle: "rectRot", borderWidth: 2 },
};

class IntervalChart extends HTMLElement {
  connectedCallback() {
    this.redraw = () => this.draw();
    document.addEventListener("themechange", this.redraw);
    this.draw();
  }

  disconnectedCallback() {
    document.removeEventListener("themechange", this.redraw);
    this.#clear();
  }

  draw() {
    this.#clear();
    if (!window.Chart) return;
    window.Chart.defaults.font.family = getComputedStyle(this).fontFamily;
    this.charts = JSON.parse(this.dataset.charts).map((chart) => this.#chart(chart));
  }

  #clear() {
    for (const chart of this.charts ?? []) chart.destroy();
    this.replaceChildren();
  }

  #chart({ title, x, y, hasDiagonal, series }) {
    const canvas = this.#framed(title);
    const style = getComputedStyle(this);
    const present = series.filter(({ table }) => document.getElementById(table));
    const datasets = present.map((one) => dataset(one, style));
    if (hasDiagonal) datasets.push(diagonal(style));
    return new window.Chart(canvas, {
      type: "scatter",
      data: { datasets },
      options: options(style, { x, y }),
      plugins: [intervals],
    });
  }

  #framed(title) {
    const figure = document.createElement("figure");
    figure.className = "panel figure";
    const caption = document.createElement("figcaption");
    caption.textContent = title;
    const frame = document.createElement("div");
    frame.className = "chart";
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", title);
    frame.append(canvas);
    figure.append(caption, frame);
    this.append(figure);
    return canvas;
  }
}

function dataset({ table, name, look, colour, ...keys }, style) {
  const columns = columnsOf(document.getElementById(table));
  const at = (key, place) => columns.get(keys[key])?.values[place] ?? null;
  const first = columns.get(keys.x).values;
  const ink = style.getPropertyValue(`--${colour}`).trim();
  const data = first.map((x, place) => ({
    x,
    y: at("y", place),
    ...Object.fromEntries(["low", "high", "left", "right", "n"].map((key) => [key, at(key, place)])),
  }));
  return { label: name, data, borderColor: ink, backgroundColor: ink, clip: false, ...LOOKS[look] };
}

function diagonal(style) {
  const ink = style.getPropertyValue("--line-strong").trim();
  const data = [{ x: 0, y: 0 }, { x: 1, y: 1 }];
  const look = { showLine: true, pointRadius: 0, pointHitRadius: 0, borderWidth: 1, borderDash: [6, 4] };
  return { label: "", data, borderColor: ink, backgroundColor: ink, ...look };
}

/** Bars from end to end of each point's intervals. */
const intervals = {
  id: "intervals",
  afterDatasetsDraw(chart) {
    const { ctx, scales } = chart;
    chart.data.datasets.forEach(({ data, borderColor }, place) => {
      if (!chart.isDatasetVisible(place)) return;
      ctx.save();
      ctx.strokeStyle = borderColor;
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      for (const point of data) {
        const [x, y] = [scales.x.getPixelForValue(point.x), scales.y.getPixelForValue(point.y)];
        if (isNumber(point.low) && isNumber(point.high)) {
          ctx.moveTo(x, scales.y.getPixelForValue(point.low));
          ctx.lineTo(x, scales.y.getPixelForValue(point.high));
        }
        if (isNumber(point.left) && isNumber(point.right)) {
          ctx.moveTo(scales.x.getPixelForValue(point.left), y);
          ctx.lineTo(scales.x.getPixelForValue(point.right), y);
        }
      }
      ctx.stroke();
      ctx.restore();
    });
  },
};

function options(style, words) {
  const ink = style.getPropertyValue("--ink-soft").trim();
  const line = style.getPropertyValue("--line").trim();
  const axis = (text) => ({
    min: 0,
    max: 1,
    title: { display: true, text, color: ink },
    grid: { color: line },
    ticks: { color: ink, maxTicksLimit: 6 },
    border: { color: line },
  });
  return {
    animation: false,
    locale: language(),
    maintainAspectRatio: false,
    parsing: false,
    interaction: { mode: "nearest", intersect: false },
    scales: { x: axis(words.x), y: axis(words.y) },
    plugins: {
      legend: { labels: { color: ink, boxWidth: 18, usePointStyle: true, filter: ({ text }) => text } },
      tooltip: { callbacks: { label: told } },
    },
  };
}

function told({ dataset: { label }, raw }) {
  const interval = isNumber(raw.low) ? ` (${decimals(raw.low)}–${decimals(raw.high)})` : "";
  const count = isNumber(raw.n) ? `, n ${raw.n}` : "";
  return `${label}: ${decimals(raw.x)} / ${decimals(raw.y)}${interval}${count}`;
}

function isNumber(value) {
  return typeof value === "number";
}

customElements.define("interval-chart", IntervalChart);
