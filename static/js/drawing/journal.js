// What is drawn and not yet on the server, kept in the browser: it outlives a reload, a crash and
// logging in again. Rows are kept by reader and slide, so that nobody sends what another one drew,
// and by tab, so that two tabs do not send the same: a tab that opens takes over what closed tabs left.

import { openDB } from "../../vendor/idb-8.0.4/index.js";
import { gathered } from "./edit-queue.js";
import { newId } from "./features.js";

const DATABASE = "sentinode-drawing";
const KEYS = {
  entries: ["user", "slide", "device", "id"],
  flights: ["user", "slide", "device", "key"],
  sketches: ["user", "slide", "device"],
};
const STORES = Object.keys(KEYS);
const DEVICE = "sentinode-device";
const PATIENCE_MS = 500; // how long a tab that is being reloaded may take to let go of its lock

/** Open the journal of one reader and slide. Rejects where the browser keeps nothing. */
export async function openJournal({ user, slide }) {
  const device = await claimDevice();
  const base = await openDB(DATABASE, 1, {
    upgrade(made) {
      for (const store of STORES) made.createObjectStore(store, { keyPath: KEYS[store] });
    },
  });
  return new Journal(base, { user, slide, device });
}

/** What an error of the journal means to a reader: "full" or "absent". */
export function journalTroubleOf(error) {
  return error.name === "QuotaExceededError" ? "full" : "absent";
}

export class Journal {
  constructor(base, place) {
    this.base = base;
    this.place = place;
  }

  get device() {
    return this.place.device;
  }

  /** All that this reader left of this slide in tabs that are gone: {entries, flights, sketch}. */
  async takeOver() {
    const left = await this.#devicesThatLeft();
    const transaction = this.base.transaction(STORES, "readwrite");
    const rows = {};
    for (const store of STORES) rows[store] = await this.#claim(transaction.objectStore(store), left);
    const entries = gathered(rows.entries.map(entryOf), newId);
    for (const entry of entries) transaction.objectStore("entries").put({ ...entry, ...this.place });
    for (const flight of rows.flights) transaction.objectStore("flights").put(flight);
    const sketches = rows.sketches.sort((a, b) => a.at - b.at);
    if (sketches.length > 0) transaction.objectStore("sketches").put(sketches.at(-1));
    await transaction.done;
    return { entries, flights: rows.flights, sketch: sketches.at(-1)?.sketch ?? null };
  }

  /** Keep and forget entries, and keep the flights that are on their way, all or nothing. */
  async write({ kept, gone }, flights) {
    const transaction = this.base.transaction(["entries", "flights"], "readwrite");
    const entries = transaction.objectStore("entries");
    for (const entry of kept) entries.put({ ...entry, ...this.place });
    for (const id of gone) entries.delete([...this.#key, id]);
    transaction.objectStore("flights").delete(rangeOf(this.#key));
    for (const flight of flights) transaction.objectStore("flights").put({ ...flight, ...this.place });
    await transaction.done;
  }

  /** Keep the shape that is being drawn; null forgets it. */
  async keepSketch(sketch) {
    if (sketch === null) await this.base.delete("sketches", this.#key);
    else await this.base.put("sketches", { sketch, at: Date.now(), ...this.place });
  }

  get #key() {
    return [this.place.user, this.place.slide, this.place.device];
  }

  get #ofReader() {
    return rangeOf([this.place.user, this.place.slide]);
  }

  async #devicesThatLeft() {
    const keys = await Promise.all(STORES.map((store) => this.base.getAllKeys(store, this.#ofReader)));
    const devices = new Set(keys.flat().map(([, , device]) => device));
    const left = new Set([this.device]);
    for (const device of devices) if (await isFree(device)) left.add(device);
    return left;
  }

  /** Take the rows of tabs that left out of a store, as ours. */
  async #claim(store, left) {
    const rows = (await store.getAll(this.#ofReader)).filter(({ device }) => left.has(device));
    for (const { user, slide, device } of rows) store.delete(rangeOf([user, slide, device]));
    return rows.map((row) => ({ ...row, ...this.place }));
  }
}

function entryOf({ user, slide, device, ...entry }) {
  return entry;
}

/** All keys that begin with these parts: an array sorts after every number and every string. */
function rangeOf(parts) {
  return IDBKeyRange.bound(parts, [...parts, []]);
}

/** The name of this tab, the same after a reload, another one in a copy of the tab. */
async function claimDevice() {
  const kept = sessionStorage.getItem(DEVICE);
  if (kept && (await hold(kept))) return kept;
  const device = newId();
  await hold(device);
  sessionStorage.setItem(DEVICE, device);
  return device;
}

/** Hold a tab's name for as long as the page lives; false if another tab has it. */
function hold(device) {
  if (!navigator.locks) return Promise.resolve(true); // only pages served over https have locks
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return new Promise((resolve) => {
    const forever = () => {
      resolve(true);
      return new Promise(() => {});
    };
    navigator.locks.request(`${DATABASE} ${device}`, { signal }, forever).catch(() => resolve(false));
  });
}

async function isFree(device) {
  if (!navigator.locks) return true;
  const options = { ifAvailable: true };
  return navigator.locks.request(`${DATABASE} ${device}`, options, (lock) => lock !== null);
}
