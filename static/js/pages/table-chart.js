// <table-chart data-table data-charts>: draws columns of tables on the page as lines.
// The tables stay: a canvas is mute. data-charts: [{title, series: [column keys], x, table, axes}].
// With x both axes are shares, 0 to 1, unless axes is "free"; without, x is the first column.

import { language } from "../words.js";

const DASHES = [[], [6, 4]];

class TableChart extends HTMLElement {
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
    this.charts = JSON.parse(this.dataset.charts).map((chart) => {
      const table = document.getElementById(chart.table ?? this.dataset.table);
      return this.#chart(chart, columnsOf(table));
    });
  }

  #clear() {
    for (const chart of this.charts ?? []) chart.destroy();
    this.replaceChildren();
  }

  #chart({ title, series, x, axes }, columns) {
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
    const first = columns.get(x) ?? columns.values().next().value;
    // A line on its own is drawn as what counts; of two, the first is what the other is held against.
    const alone = series.length === 1 ? 1 : 0;
    const lines = series.map((key, i) => this.#line(columns.get(key), first, i + alone));
    return new window.Chart(canvas, { type: "line", data: { datasets: lines }, options: options(kindOf(x, axes)) });
  }

  #line(column, first, i) {
    const style = getComputedStyle(this);
    const colour = style.getPropertyValue(i === 0 ? "--line-strong" : "--accent").trim();
    const best = Number(this.dataset.best);
    const isBest = (place) => first.values[place] === best && i > 0;
    return {
      label: column.name,
      data: column.values.map((y, place) => ({ x: first.values[place], y })),
      borderColor: colour,
      backgroundColor: colour,
      borderDash: DASHES[i === 0 ? 1 : 0],
      borderWidth: 2,
      pointRadius: column.values.map((_, place) => (isBest(place) ? 6 : column.values.length > 30 ? 0 : 2)),
      tension: 0,
    };
  }
}

/** What the axes hold: shares of 0 to 1, counts from 1, or whatever comes ("free"). */
function kindOf(x, axes) {
  return axes ?? (x === undefined ? "counts" : "shares");
}

function options(kind) {
  const isShare = kind === "shares";
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink-soft").trim();
  const line = style.getPropertyValue("--line").trim();
  const axis = { grid: { color: line }, ticks: { color: ink, maxTicksLimit: 8 }, border: { color: line } };
  const range = isShare ? { min: 0, max: 1 } : {};
  const ticks = { ...axis.ticks, ...(kind === "counts" ? { precision: 0 } : {}) };
  const least = kind === "counts" ? { min: 1 } : range;
  return {
    animation: false,
    locale: language(),
    maintainAspectRatio: false,
    parsing: false,
    interaction: { mode: "nearest", intersect: false },
    scales: {
      x: { type: "linear", ...axis, ...least, ticks },
      y: { ...axis, ...range },
    },
    plugins: { legend: { labels: { color: ink, boxWidth: 24, boxHeight: 1 } } },
  };
}

/** Columns by key: {name, values}; a dash becomes a gap. */
export function columnsOf(table) {
  const heads = [...table.querySelectorAll("thead [data-key]")];
  const rows = [...table.querySelectorAll("tbody tr")];
  return new Map(
    heads.map((head, i) => [
      head.dataset.key,
      { name: head.textContent.trim(), values: rows.map((row) => number(row.children[i])) },
    ]),
  );
}

function number(cell) {
  const value = Number.parseFloat(cell.dataset.value ?? cell.textContent);
  return Number.isFinite(value) ? value : null;
}

customElements.define("table-chart", TableChart);
