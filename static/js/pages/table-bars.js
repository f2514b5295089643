// <table-bars data-table data-series data-title>: columns of a table on the page as lying bars, one
// upon the other, a bar for each row. The table stays: a canvas is mute.

import { language } from "../words.js";

const ROW_PX = 24;
const AROUND_PX = 76; // legend and axis
const COLOURS = ["--eosin", "--line-strong"];

class TableBars extends HTMLElement {
  connectedCallback() {
    this.redraw = () => this.draw();
    document.addEventListener("themechange", this.redraw);
    this.draw();
  }

  disconnectedCallback() {
    document.removeEventListener("themechange", this.redraw);
    this.chart?.destroy();
  }

  draw() {
    this.chart?.destroy();
    this.replaceChildren();
    if (!window.Chart) return;
    const table = document.getElementById(this.dataset.table);
    const rows = [...table.querySelectorAll("tbody tr")];
    const frame = document.createElement("div");
    frame.className = "chart";
    frame.style.height = `${AROUND_PX + ROW_PX * rows.length}px`;
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", this.dataset.title);
    frame.append(canvas);
    this.append(frame);
    window.Chart.defaults.font.family = getComputedStyle(this).fontFamily;
    this.chart = new window.Chart(canvas, {
      type: "bar",
      data: {
        labels: rows.map((row) => row.children[0].dataset.label ?? row.children[0].textContent.trim()),
        datasets: this.dataset.series.split(" ").map((key, i) => this.#bars(columnOf(table, key), i)),
      },
      options: options(this),
    });
  }

  #bars(column, i) {
    const colour = getComputedStyle(this).getPropertyValue(COLOURS[i]).trim();
    return { label: column.name, data: column.values, backgroundColor: colour, maxBarThickness: 16 };
  }
}

/** {name, values} of the column under the head with this key. */
function columnOf(table, key) {
  const head = table.querySelector(`thead [data-key="${key}"]`);
  const cells = [...table.querySelectorAll("tbody tr")].map((row) => row.children[head.cellIndex]);
  return { name: head.textContent.trim(), values: cells.map((cell) => Number(cell.dataset.value)) };
}

function options(element) {
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--ink-soft").trim();
  const line = style.getPropertyValue("--line").trim();
  return {
    animation: false,
    indexAxis: "y",
    locale: language(),
    maintainAspectRatio: false,
    scales: {
      x: { stacked: true, grid: { color: line }, border: { color: line }, ticks: { color: ink, precision: 0 } },
      y: { stacked: true, grid: { display: false }, border: { color: line }, ticks: { color: ink, autoSkip: false } },
    },
    plugins: { legend: { labels: { color: ink, boxWidth: 14, boxHeight: 10 } } },
  };
}

customElements.define("table-bars", TableBars);
