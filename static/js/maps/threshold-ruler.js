// <threshold-ruler>: the legend of the probability layer and the threshold's own scale in one.
// Bars show how many assessed cells have each probability (logarithmic), coloured as on tissue.

import { histogram } from "./counts.js";
import { ramp } from "./palettes.js";

const BINS = 64;
const BELOW_THRESHOLD = 0.35;

export class ThresholdRuler extends HTMLElement {
  connectedCallback() {
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.prepend(this.canvas);
    this.watcher = new ResizeObserver(() => this.#fit());
    this.watcher.observe(this.canvas);
    this.redraw = () => this.#dress();
    document.addEventListener("themechange", this.redraw);
    this.#dress();
  }

  disconnectedCallback() {
    this.watcher.disconnect();
    document.removeEventListener("themechange", this.redraw);
  }

  show({ tally, threshold, palette }) {
    Object.assign(this, { tally, threshold, palette });
    this.draw();
  }

  #fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.room = { width, height };
    this.draw();
  }

  #dress() {
    this.line = getComputedStyle(this).getPropertyValue("--line-strong");
    this.draw();
  }

  draw() {
    if (!this.room?.width || !this.palette) return;
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.room;
    const [across, down] = [width, height].map((side) => Math.round(side * ratio));
    if (this.canvas.width !== across) this.canvas.width = across;
    if (this.canvas.height !== down) this.canvas.height = down;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#bars(context, width, height - 8);
    this.#band(context, width, height);
  }

  #bars(context, width, height) {
    if (!this.tally) return;
    const colours = ramp(this.palette);
    context.strokeStyle = this.line;
    histogram(this.tally, BINS).forEach((share, bin) => {
      const x = (bin / BINS) * width;
      const bar = share * (height - 4);
      context.globalAlpha = (bin + 1) / BINS > this.threshold ? 1 : BELOW_THRESHOLD;
      context.fillStyle = rgb(colours, (bin + 0.5) / BINS);
      context.fillRect(x, height - bar, width / BINS - 1, bar);
      context.strokeRect(x + 0.5, height - bar + 0.5, width / BINS - 2, bar);
    });
    context.globalAlpha = 1;
  }

  #band(context, width, height) {
    const colours = ramp(this.palette);
    for (let x = 0; x < width; x += 1) {
      context.fillStyle = rgb(colours, x / width);
      context.fillRect(x, height - 6, 1, 6);
    }
  }
}

function rgb(colours, share) {
  const at = 3 * Math.round(share * 255);
  return `rgb(${colours[at]} ${colours[at + 1]} ${colours[at + 2]})`;
}

customElements.define("threshold-ruler", ThresholdRuler);
