// The regions of one slide as they stand in the browser, with undo and redo without end: regions
// are never changed in place, so that a step keeps two references a region and no copies.
//
// Fires "change" with detail {changes: [{id, before, after}], origin, name}; origin is "load",
// "mine", "undo", "redo" or "theirs".

import RBush from "../../vendor/rbush-4.0.1/index.js";
import { changed, newId, readable } from "./features.js";
import { areaOf, boundsOf, containsPoint, nearestEdge } from "./shapes.js";

export class Drawing extends EventTarget {
  #index = new RBush();
  #places = new Map(); // id -> {minX, minY, maxX, maxY, area, id}, as it lies in the index
  #done = [];
  #undone = [];

  /** size: {width, height} of the slide in level-0 px. */
  constructor({ width, height }) {
    super();
    this.size = { width, height };
    this.regions = new Map();
  }

  /**
   * Begin anew with these features; nothing that was done before can be undone. Gives how many
   * could not be read; they are left out.
   */
  load(features) {
    const before = this.regions;
    const { regions, unreadable } = readable(features);
    this.regions = new Map(regions.map((region) => [region.id, region]));
    this.#done = [];
    this.#undone = [];
    this.#places = new Map([...this.regions.values()].map((region) => [region.id, placeOf(region)]));
    this.#index.clear().load([...this.#places.values()]);
    this.#tell(differences(before, this.regions), "load");
    return unreadable;
  }

  get(id) {
    return this.regions.get(id) ?? null;
  }

  /**
   * One step that can be undone. changes: [{id, before, after}], null for "not there"; name: words
   * for the step. Where somebody else changed a region since `before` was read, theirs stays and
   * ours becomes a region of its own beside it. Gives the changes as they were made; one that had
   * to step aside has partedFrom, the id of the region it was meant for.
   */
  apply(changes, name) {
    const made = changes.map((change) => this.#asideIfStale(change)).filter(Boolean);
    if (!made.length) return made;
    this.#done.push({ name, changes: made });
    this.#undone = [];
    this.#make(made, "mine", name);
    return made;
  }

  undo() {
    const step = this.#done.pop();
    if (!step) return null;
    this.#undone.push(step);
    return this.#make(step.changes.map(reversed).reverse(), "undo", step.name);
  }

  redo() {
    const step = this.#undone.pop();
    if (!step) return null;
    this.#done.push(step);
    return this.#make(step.changes, "redo", step.name);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** Words for the step that undo would take back, and redo bring again; null if there is none. */
  get nextUndo() {
    return this.#done.at(-1)?.name ?? null;
  }

  get nextRedo() {
    return this.#undone.at(-1)?.name ?? null;
  }

  /** Changes by other people, [{id, after}]: not ours to undo, and steps on these regions end. */
  receive(changes) {
    const made = changes.map(({ id, after }) => ({ id, before: this.get(id), after: after ?? null }));
    const touched = new Set(made.map(({ id }) => id));
    const isFree = (step) => !step.changes.some(({ id }) => touched.has(id));
    this.#done = this.#done.filter(isFree);
    this.#undone = this.#undone.filter(isFree);
    this.#make(made, "theirs");
  }

  /** The ids of the regions whose bounds meet a box {minX, minY, maxX, maxY}. */
  idsIn(box) {
    return this.#index.search(box).map(({ id }) => id);
  }

  /** Bounds and area of the regions that meet a box: [{id, minX, minY, maxX, maxY, area}]. */
  placesIn(box) {
    return this.#index.search(box);
  }

  /** The region under a point, within a tolerance in px; of several the smallest. Null if none. */
  at(point, tolerancePx = 0) {
    return this.allAt(point, tolerancePx)[0] ?? null;
  }

  /** The ids of all regions under a point, the smallest first. */
  allAt({ x, y }, tolerancePx = 0) {
    const near = {
      minX: x - tolerancePx,
      minY: y - tolerancePx,
      maxX: x + tolerancePx,
      maxY: y + tolerancePx,
    };
    return this.#index
      .search(near)
      .filter(({ id }) => isUnder(this.regions.get(id), { x, y }, tolerancePx))
      .sort((a, b) => a.area - b.area)
      .map(({ id }) => id);
  }

  /** {minX, minY, maxX, maxY} of a region; null if there is none of this id. */
  boundsOf(id) {
    const place = this.#places.get(id);
    if (!place) return null;
    const { minX, minY, maxX, maxY } = place;
    return { minX, minY, maxX, maxY };
  }

  #asideIfStale({ id, before, after }) {
    const present = this.get(id);
    if ((before ?? null) === present) return { id, before: present, after: after ?? null };
    if (!after) return null; // what was to go is no longer what was looked at
    const aside = changed(after, { id: newId() });
    return { id: aside.id, before: null, after: aside, partedFrom: id };
  }

  #make(changes, origin, name = null) {
    for (const { id, after } of changes) {
      this.#unplace(id);
      if (after) this.#place(after);
    }
    this.#tell(changes, origin, name);
    return changes;
  }

  #place(region) {
    const place = placeOf(region);
    this.regions.set(region.id, region);
    this.#places.set(region.id, place);
    this.#index.insert(place);
  }

  #unplace(id) {
    const place = this.#places.get(id);
    if (!place) return;
    this.#index.remove(place);
    this.#places.delete(id);
    this.regions.delete(id);
  }

  #tell(changes, origin, name = null) {
    this.dispatchEvent(Object.assign(new Event("change"), { detail: { changes, origin, name } }));
  }
}

function placeOf({ id, polygons, point }) {
  if (!point) return { id, ...boundsOf(polygons), area: areaOf(polygons) };
  const [x, y] = point;
  return { id, minX: x, minY: y, maxX: x, maxY: y, area: 0 };
}

function isUnder({ polygons, point }, { x, y }, tolerancePx) {
  if (point) return Math.hypot(point[0] - x, point[1] - y) <= tolerancePx;
  if (containsPoint(polygons, { x, y })) return true;
  return nearestEdge(polygons, { x, y }).distance <= tolerancePx;
}

function reversed({ id, before, after }) {
  return { id, before: after, after: before };
}

function differences(before, after) {
  const ids = new Set([...before.keys(), ...after.keys()]);
  const pair = (id) => ({ id, before: before.get(id) ?? null, after: after.get(id) ?? null });
  return [...ids].map(pair).filter((change) => change.before !== change.after);
}
