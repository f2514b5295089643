// The list of regions in the panel, the largest first; a click or Enter flies there.

import { areaLabel, lengthLabel } from "../viewer/geometry.js";
import { filled, gettext, language, wholeNumber } from "../words.js";
import { describe } from "./labels.js";
import { areaOf, boundsOf, longestDiameter } from "./shapes.js";

const SHOWN = 50;
const ROOM = 1.8;
const POINT_VIEW_PX = 800;
const SETTLE_MS = 120;

const areas = new WeakMap();

/** Area of a region in level-0 px squared, counted once. */
function areaOfRegion(region) {
  if (!areas.has(region)) areas.set(region, areaOf(region.polygons));
  return areas.get(region);
}

export class RegionList {
  #shown = SHOWN;

  constructor(board, panel) {
    Object.assign(this, { board, panel, list: panel.querySelector("[data-regions]") });
    this.template = panel.querySelector("template");
    this.more = panel.querySelector("[data-more-regions]");
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.list.addEventListener("keydown", (event) => this.#step(event));
    this.more.addEventListener("click", () => {
      this.#shown += SHOWN;
      this.#fill();
    });
    this.#fill();
  }

  /** Fill the list anew once changes come to rest. */
  refresh() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#fill(), SETTLE_MS);
  }

  /** Show which regions are chosen. */
  mark() {
    for (const button of this.list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(this.board.selected.has(button.dataset.region)));
    }
  }

  #fill() {
    const regions = [...this.board.drawing.regions.values()];
    regions.sort((a, b) => areaOfRegion(b) - areaOfRegion(a));
    const focused = this.list.contains(document.activeElement) && document.activeElement.dataset.region;
    this.list.replaceChildren(...regions.slice(0, this.#shown).map((region) => this.#entry(region)));
    const buttons = [...this.list.querySelectorAll("button")];
    const kept = buttons.find(({ dataset }) => dataset.region === focused);
    for (const button of buttons) button.tabIndex = button === (kept ?? buttons[0]) ? 0 : -1;
    kept?.focus();
    this.panel.querySelector("[data-region-count]").textContent = wholeNumber(regions.length);
    this.panel.querySelector("[data-no-regions]").hidden = regions.length > 0;
    this.more.hidden = regions.length <= this.#shown;
    const left = { n: wholeNumber(regions.length - this.#shown) };
    this.more.textContent = filled(gettext("Show more (%(n)s left)"), left);
    this.mark();
  }

  #entry(region) {
    const entry = this.template.content.firstElementChild.cloneNode(true);
    entry.querySelector("button").dataset.region = region.id;
    entry.querySelector(".swatch").classList.add(`swatch-label-${region.label}`);
    entry.querySelector("[data-name]").textContent = region.name || describe(region.label).name;
    entry.querySelector("[data-size]").textContent = this.#sizeWords(region);
    entry.querySelector("[data-origin]").textContent = originWords(region);
    return entry;
  }

  #sizeWords(region) {
    if (region.point) return gettext("point");
    const { mpp } = this.board.viewer;
    const area = areaOfRegion(region);
    if (!mpp) return `${wholeNumber(Math.round(area))} px²`;
    const length = longestDiameter(region.polygons).length * mpp;
    return `${areaLabel(area * mpp ** 2, language())} · ⌀ ${lengthLabel(length, language())}`;
  }

  #clicked({ target }) {
    const id = target.closest("[data-region]")?.dataset.region;
    const region = id && this.board.drawing.get(id);
    if (!region) return;
    this.board.select([id]);
    this.#fly(region);
  }

  #fly({ polygons, point }) {
    const { viewer } = this.board;
    const box = boundsOf(point ? [[[point]]] : polygons);
    const shape = viewer.clientWidth / viewer.clientHeight;
    const width = Math.max(box.maxX - box.minX, (box.maxY - box.minY) * shape) * ROOM;
    viewer.lead();
    viewer.show({
      x: (box.minX + box.maxX) / 2,
      y: (box.minY + box.maxY) / 2,
      width: point ? POINT_VIEW_PX : width,
    });
  }

  /** Arrow keys go through the list, which is one stop of the Tab key. */
  #step(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...this.list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const next = buttons[Math.min(buttons.length - 1, Math.max(0, at + step))];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next?.focus();
  }
}

function originWords({ origin }) {
  if (!origin) return "";
  const form = origin.form === "smoothed" ? gettext("smoothed") : gettext("true cells");
  return filled(gettext("from %(version)s, %(form)s"), { version: origin.version, form });
}
