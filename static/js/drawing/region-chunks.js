// What is painted of many regions, gathered so that a frame takes few strokes. The plane is cut into
// tiles of TILE_PX on the screen for every octave of zoom. A tile holds one path for each label, of
// the small regions whose middle lies in it, and marks for those too small to see. A region
// larger than a tile has a path of its own. All are made when they are first seen, and again when a
// region in them changes.

import { thinned, within } from "./thinning.js";
import { signedArea, vertexCount } from "./shapes.js";

const TILE_PX = 256;
const TINY_PX = 14;
const MARK_CELL_PX = 18; // of several marks in such a cell one is shown
const DETAIL_PX = 1;
const LONG = 1500; // vertices; from here on only the part near the view is painted
const MOST_KEPT = 1200; // tiles; a large screen shows some hundred

/** The octave of a scale in screen px per level-0 px; its own scale is 2 ** octave. */
export function octaveOf(scale) {
  return Math.round(Math.log2(scale));
}

export class RegionChunks {
  #tiles = new Map(); // "octave/column/row" -> tile
  #large = new Map(); // id -> {octave, box, path}

  /** isHidden(id): whether a region is not to be painted. */
  constructor(drawing, isHidden) {
    this.drawing = drawing;
    this.isHidden = isHidden;
  }

  /** Make anew whatever shows a region that lies, or lay, in these bounds. */
  forget(id, bounds) {
    this.#large.delete(id);
    if (!bounds) return;
    const x = (bounds.minX + bounds.maxX) / 2;
    const y = (bounds.minY + bounds.maxY) / 2;
    for (const octave of new Set([...this.#tiles.values()].map((tile) => tile.octave))) {
      const side = TILE_PX / 2 ** octave;
      this.#tiles.delete(keyOf(octave, Math.floor(x / side), Math.floor(y / side)));
    }
  }

  clear() {
    this.#tiles.clear();
    this.#large.clear();
  }

  /**
   * What to paint in a box of level-0 px at an octave: {paths: [[label, Path2D]], marks:
   * [{label, x, y, isPoint}]}, the large regions first so that small ones lie above them.
   */
  seenIn(box, octave) {
    const side = TILE_PX / 2 ** octave;
    const paths = this.#largeIn(box, octave, side);
    const marks = [];
    const { left, right, top, bottom } = tilesOf(box, side);
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const tile = this.#tile(octave, column, row);
        for (const path of tile.paths) paths.push(path);
        for (const mark of tile.marks) marks.push(mark);
      }
    }
    return { paths, marks };
  }

  /** The path of one region as it looks at an octave within a box. */
  pathOf(id, box, octave) {
    const region = this.drawing.get(id);
    const kept = this.#large.get(id);
    const isEnough = kept?.octave === octave && (kept.isWhole || isWithin(box, kept.box));
    if (isEnough) return kept.path;
    const isWhole = vertexCount(region.polygons) < LONG;
    const room = isWhole ? null : widened(box);
    const path = new Path2D();
    addRings(path, region.polygons, DETAIL_PX / 2 ** octave, room);
    this.#large.set(id, { octave, box: room, isWhole, path });
    return path;
  }

  #largeIn(box, octave, side) {
    return this.drawing
      .placesIn(box)
      .filter((place) => isLarge(place, side) && !this.isHidden(place.id))
      .sort((a, b) => b.area - a.area)
      .map(({ id }) => [this.drawing.get(id).label, this.pathOf(id, box, octave)]);
  }

  #tile(octave, column, row) {
    const key = keyOf(octave, column, row);
    const kept = this.#tiles.get(key);
    if (kept) return kept;
    if (this.#tiles.size >= MOST_KEPT) this.#tiles.delete(this.#tiles.keys().next().value);
    const tile = { octave, ...this.#made(octave, column, row) };
    this.#tiles.set(key, tile);
    return tile;
  }

  #made(octave, column, row) {
    const side = TILE_PX / 2 ** octave;
    const paths = new Map();
    const marks = new Map();
    for (const place of this.#placesOf(column, row, side)) {
      const region = this.drawing.get(place.id);
      if (isTiny(place, octave)) {
        addMark(marks, region, place, MARK_CELL_PX / 2 ** octave);
      } else {
        if (!paths.has(region.label)) paths.set(region.label, new Path2D());
        addRings(paths.get(region.label), region.polygons, DETAIL_PX / 2 ** octave, null);
      }
    }
    return { paths: [...paths], marks: [...marks.values()] };
  }

  #placesOf(column, row, side) {
    const tile = { minX: column * side, minY: row * side, maxX: (column + 1) * side, maxY: (row + 1) * side };
    return this.drawing.placesIn(tile).filter((place) => {
      const isHere =
        Math.floor((place.minX + place.maxX) / 2 / side) === column &&
        Math.floor((place.minY + place.maxY) / 2 / side) === row;
      return isHere && !isLarge(place, side) && !this.isHidden(place.id);
    });
  }
}

/** The tiles round a box: a region reaches at most half a tile beyond the one of its middle. */
function tilesOf({ minX, minY, maxX, maxY }, side) {
  return {
    left: Math.floor(minX / side - 0.5),
    right: Math.floor(maxX / side + 0.5),
    top: Math.floor(minY / side - 0.5),
    bottom: Math.floor(maxY / side + 0.5),
  };
}

function keyOf(octave, column, row) {
  return `${octave}/${column}/${row}`;
}

function isLarge({ minX, minY, maxX, maxY }, side) {
  return Math.max(maxX - minX, maxY - minY) > side;
}

/** Whether a place is shown by a mark at an octave. */
export function isTiny({ minX, minY, maxX, maxY }, octave) {
  return Math.max(maxX - minX, maxY - minY) * 2 ** octave < TINY_PX;
}

/** Points stay points; of the tiny regions in a cell the first of each label stands for all. */
function addMark(marks, { id, label, point }, place, cell) {
  const x = (place.minX + place.maxX) / 2;
  const y = (place.minY + place.maxY) / 2;
  const key = `${label} ${point ? id : ""} ${Math.floor(x / cell)} ${Math.floor(y / cell)}`;
  if (!marks.has(key)) marks.set(key, { label, x, y, isPoint: Boolean(point) });
}

function addRings(path, polygons, detail, box) {
  for (const rings of polygons) {
    rings.forEach((ring, i) => {
      const near = box ? within(ring, box) : ring;
      const shown = near && thinned(near, detail);
      if (shown) addRing(path, turned(shown, i === 0));
    });
  }
}

/** Outer rings one way round and holes the other, so that regions in one path do not cancel out. */
function turned(ring, isOuter) {
  return signedArea(ring) > 0 === isOuter ? ring : [...ring].reverse();
}

function addRing(path, ring) {
  path.moveTo(ring[0][0], ring[0][1]);
  for (let i = 1; i < ring.length; i += 1) path.lineTo(ring[i][0], ring[i][1]);
  path.closePath();
}

/** A box with as much again on every side, so that a little panning needs nothing new. */
function widened({ minX, minY, maxX, maxY }) {
  const [width, height] = [maxX - minX, maxY - minY];
  return { minX: minX - width, minY: minY - height, maxX: maxX + width, maxY: maxY + height };
}

function isWithin(inner, outer) {
  return (
    inner.minX >= outer.minX &&
    inner.maxX <= outer.maxX &&
    inner.minY >= outer.minY &&
    inner.maxY <= outer.maxY
  );
}
