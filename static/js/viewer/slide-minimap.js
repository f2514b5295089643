// <slide-minimap>: the whole slide in small, upright whatever the view's turn, with the part that
// the view shows. Pressing and dragging on it moves the view. Layers can be painted on it as on
// the viewer: minimap.addLayer({order, paint}).

import * as geometry from "./geometry.js";
import { addLayerTo } from "./layer.js";

const SHARE = { width: 0.19, height: 0.3 };
const WIDEST_PX = 300;
const LEVEL = 9; // 257 to 512 px on the longer side: one to four tiles
const RETRY_MS = 5000;
const SMALLEST_FRAME_PX = 9;
const FRAME_COLOUR = "--minimap-frame";
const ORDERS = { tissue: -10, frame: 90 };

export class SlideMinimap extends HTMLElement {
  layers = [];
  isOpen = false;

  connectedCallback() {
    this.className = "navigator";
    this.setAttribute("aria-hidden", "true"); // keys do the same on the slide itself
    this.addEventListener("pointerdown", (event) => this.#pressed(event));
    this.addEventListener("pointermove", (event) => this.#dragged(event));
    for (const name of ["wheel", "click", "dblclick"]) {
      this.addEventListener(name, (event) => event.stopPropagation());
    }
  }

  disconnectedCallback() {
    clearTimeout(this.retry);
    this.sizes?.disconnect();
  }

  /** Show the slide of an open viewer and what it looks at. */
  follow(viewer) {
    Object.assign(this, { viewer, size: viewer.size, source: viewer.source, isOpen: true });
    this.tiles = tilesOf(this.size, this.source);
    this.tissue = this.addLayer({ order: ORDERS.tissue, paint: (...args) => this.#tissue(...args) });
    this.frame = this.addLayer({ order: ORDERS.frame, paint: (...args) => this.#frame(...args) });
    viewer.addEventListener("viewchange", () => this.frame.repaint());
    this.#fit();
    this.sizes = new ResizeObserver(() => this.#fit());
    this.sizes.observe(viewer);
    this.sizes.observe(this); // it may be hidden and shown again
    for (const tile of this.tiles) this.#load(tile);
  }

  /** A canvas of its own over the small slide; see SlideViewer.addLayer. */
  addLayer(layer) {
    return addLayerTo(this, this, layer);
  }

  /** What a layer is painted with: level-0 px to px of this element. */
  get scene() {
    const scale = this.extent.width / this.size.width;
    const map = { a: scale, b: 0, c: 0, d: scale, e: 0, f: 0 };
    return { map, ratio: window.devicePixelRatio || 1, size: this.size };
  }

  #fit() {
    const { width, height } = this.size;
    const { clientWidth, clientHeight } = this.viewer;
    const room = {
      width: Math.min(WIDEST_PX, clientWidth * SHARE.width),
      height: clientHeight * SHARE.height,
    };
    const scale = Math.min(room.width / width, room.height / height);
    this.extent = {
      width: Math.max(1, Math.round(width * scale)),
      height: Math.max(1, Math.round(height * scale)),
    };
    this.style.width = `${this.extent.width}px`;
    this.style.height = `${this.extent.height}px`;
    for (const layer of this.layers) layer.repaint();
  }

  #load(tile) {
    tile.image.onload = () => this.tissue.repaint();
    tile.image.onerror = () => {
      this.retry = setTimeout(() => this.#load(tile), RETRY_MS);
    };
    tile.image.src = tile.url;
  }

  #tissue(context, { map, ratio }) {
    const scale = map.a * ratio;
    for (const { image, box } of this.tiles) {
      if (!image.complete || !image.naturalWidth) continue;
      const [width, height] = [box.maxX - box.minX, box.maxY - box.minY].map((side) => side * scale);
      context.drawImage(image, box.minX * scale, box.minY * scale, width, height);
    }
  }

  #frame(context, { map, ratio }) {
    const { viewer } = this;
    if (!viewer.isOpen) return;
    const corners = geometry.cornersOf(viewer.map, viewer.extent).map((point) => geometry.apply(map, point));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const path = framePath(corners);
    const colour = getComputedStyle(this).getPropertyValue(FRAME_COLOUR);
    context.lineJoin = "round";
    for (const [paint, width] of [["#ffffff", 5], [colour, 2.5]]) {
      context.strokeStyle = paint;
      context.lineWidth = width;
      context.stroke(path);
    }
  }

  #pressed(event) {
    event.preventDefault();
    this.setPointerCapture(event.pointerId);
    this.#go(event, false);
  }

  #dragged(event) {
    event.stopPropagation();
    if (event.buttons && this.hasPointerCapture(event.pointerId)) this.#go(event, true);
  }

  #go(event, isImmediate) {
    const edge = this.getBoundingClientRect();
    const scale = this.size.width / edge.width;
    this.viewer.lead();
    this.viewer.show(
      { x: (event.clientX - edge.left) * scale, y: (event.clientY - edge.top) * scale },
      isImmediate,
    );
  }
}

function tilesOf(size, source) {
  const level = Math.min(LEVEL, geometry.lastZoomLevel(size));
  const tilePx = source.getTileWidth(level);
  const side = geometry.zoomLevelScale(size, level) * tilePx;
  const tiles = [];
  for (let row = 0; row * side < size.height; row += 1) {
    for (let column = 0; column * side < size.width; column += 1) {
      const box = geometry.tileBox({ column, row }, size, level, tilePx);
      tiles.push({ box, url: source.getTileUrl(level, column, row), image: new Image() });
    }
  }
  return tiles;
}

/** The view's outline; a ring where it would be too small to see. */
function framePath(corners) {
  const box = geometry.boxAround(corners);
  const side = Math.max(box.maxX - box.minX, box.maxY - box.minY);
  const path = new Path2D();
  if (side < SMALLEST_FRAME_PX) {
    path.arc((box.minX + box.maxX) / 2, (box.minY + box.maxY) / 2, SMALLEST_FRAME_PX / 2 + 2, 0, 7);
    return path;
  }
  for (const { x, y } of corners) path.lineTo(x, y);
  path.closePath();
  return path;
}

customElements.define("slide-minimap", SlideMinimap);
