// Tiles that could not be read are hatched where they lie and asked for again, with growing pauses
// and at a person's word. Fires "change" when their number changed; `count` is what is missing
// from the present view, `isClosed` tells that not even the slide could be opened.

import * as geometry from "./geometry.js";
import { patternTiles } from "./patterns.js";

const PAUSES_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const MOST_PROBES = 6;
const ORDER = 5;

export class MissingTiles extends EventTarget {
  missing = new Map();
  isClosed = false;
  tries = 0;
  told = 0;

  constructor(viewer) {
    super();
    this.viewer = viewer;
    const { viewer: tissue } = viewer;
    tissue.addHandler("tile-load-failed", ({ tile }) => this.#failed(tile));
    tissue.addHandler("tile-loaded", ({ tile }) => this.#came(tile));
    tissue.addHandler("open-failed", () => this.#closed(true));
    tissue.addHandler("open", () => this.#closed(false));
    this.layer = viewer.addLayer({
      order: ORDER,
      paint: (...args) => this.#paint(...args),
      isNeeded: () => this.missing.size > 0,
    });
    viewer.addEventListener("viewrest", () => this.#tell());
    this.#catchUp();
  }

  /** The tissue may have been opened, and trouble have come, before the rest of the page. */
  #catchUp() {
    for (const tile of this.viewer.takeEarlyFailures()) this.#failed(tile);
    if (this.viewer.hasFailed) this.#closed(true);
  }

  get count() {
    return this.#needed().length;
  }

  /** Ask again at once. */
  retry() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.isClosed) this.viewer.viewer.open(this.viewer.dataset.dzi);
    else this.#probe();
  }

  end() {
    clearTimeout(this.timer);
    this.isEnded = true;
  }

  #closed(isClosed) {
    this.isClosed = isClosed;
    if (isClosed) this.#wait();
    else this.tries = 0;
    this.#tell();
  }

  #failed(tile) {
    this.missing.set(keyOf(tile), tile);
    this.#wait();
    this.#tell();
  }

  #came(tile) {
    if (!this.missing.delete(keyOf(tile))) return;
    this.tries = 0;
    this.#tell();
  }

  #wait() {
    if (this.timer || this.isEnded) return;
    const pause = PAUSES_MS[Math.min(this.tries, PAUSES_MS.length - 1)];
    this.tries += 1;
    this.timer = setTimeout(() => this.retry(), pause);
  }

  /** Ask for some tiles on the side; OpenSeadragon gets back each that can be read again. */
  async #probe() {
    const needed = this.#needed();
    const others = [...this.missing.values()].filter((tile) => !needed.includes(tile));
    this.#giveBack(others);
    const asked = needed.slice(-MOST_PROBES);
    const answers = await Promise.all(asked.map((tile) => canBeRead(tile.getUrl())));
    const read = asked.filter((_, i) => answers[i]);
    if (read.length) this.#giveBack(read.length === asked.length ? needed : read);
    if (this.missing.size) this.#wait();
    this.#tell();
  }

  /** OpenSeadragon asks for these again as soon as it needs them. */
  #giveBack(tiles) {
    for (const tile of tiles) {
      tile.exists = true;
      this.missing.delete(keyOf(tile));
    }
    // Setting the clip, to none as before, is OpenSeadragon's way to look for tiles without a move.
    if (tiles.length) this.viewer.viewer.world.getItemAt(0).setClip(null);
  }

  #tell() {
    const count = this.isClosed ? -1 : this.count;
    this.layer.repaint();
    if (count === this.told) return;
    this.told = count;
    this.dispatchEvent(new Event("change"));
  }

  /** What the present view lacks: tiles in sight, no finer than it shows, with none finer drawn. */
  #needed() {
    if (!this.viewer.isOpen || !this.missing.size) return [];
    const { size, map, scene } = this.viewer;
    const stage = { width: this.viewer.clientWidth, height: this.viewer.clientHeight };
    const seen = geometry.boxAround(geometry.cornersOf(map, stage));
    const px = geometry.scaleOf(map) * scene.ratio;
    const finest = Math.ceil(geometry.lastZoomLevel(size) + Math.log2(px));
    const drawn = this.viewer.viewer.world.getItemAt(0).getTilesToDraw().map(({ tile }) => tile);
    return [...this.missing.values()].filter((tile) => {
      const box = boxOf(tile, size);
      if (tile.level > finest || !meet(box, seen)) return false;
      return !drawn.some((other) => other.level > tile.level && holds(box, boxOf(other, size)));
    });
  }

  #paint(context, { map, ratio, size }) {
    const needed = this.#needed();
    if (!needed.length) return;
    const path = new Path2D();
    for (const tile of needed) {
      const { minX, minY, maxX, maxY } = boxOf(tile, size);
      const corners = [[minX, minY], [maxX, minY], [maxX, maxY], [minX, maxY]];
      corners.forEach(([x, y], i) => {
        const place = geometry.apply(map, { x, y });
        path[i ? "lineTo" : "moveTo"](place.x, place.y);
      });
      path.closePath();
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.pattern ??= patternTiles().missingTile;
    for (const paint of ["rgb(251 239 217 / 60%)", context.createPattern(this.pattern, "repeat")]) {
      context.fillStyle = paint;
      context.fill(path);
    }
  }
}

function keyOf({ level, x, y }) {
  return `${level}-${x}-${y}`;
}

/** A tile's box in level-0 px, from OpenSeadragon's in viewport units. */
function boxOf({ bounds }, { width }) {
  return {
    minX: bounds.x * width,
    minY: bounds.y * width,
    maxX: (bounds.x + bounds.width) * width,
    maxY: (bounds.y + bounds.height) * width,
  };
}

function meet(a, b) {
  return a.minX < b.maxX && b.minX < a.maxX && a.minY < b.maxY && b.minY < a.maxY;
}

/** Whether the middle of a box lies in another. */
function holds(box, other) {
  const x = (box.minX + box.maxX) / 2;
  const y = (box.minY + box.maxY) / 2;
  return x >= other.minX && x < other.maxX && y >= other.minY && y < other.maxY;
}

function canBeRead(url) {
  const image = new Image();
  return new Promise((resolve) => {
    image.onload = () => resolve(true);
    image.onerror = () => resolve(false);
    image.src = url;
  });
}
