// What a reader has looked at, kept on the server: sent in small parts, again until it got there.

import { ask, Refused, tellInParting } from "../server.js";
import { boxAroundBoth, packed, unpacked } from "./coverage.js";

const REST_MS = 1500;
const RETRIES_MS = [2000, 5000, 15_000, 60_000];

/** Fires "change" when what is kept, waits or failed has changed. */
export class SeenKeeping extends EventTarget {
  grid = null;
  trouble = ""; // why it is not kept, in words
  #pending = null; // the box of cells that the server does not know yet
  #failures = 0;
  #isSending = false;

  constructor(slideId) {
    super();
    this.address = `/api/slides/${slideId}/seen/`;
  }

  get isWaiting() {
    return this.#pending !== null || this.#isSending;
  }

  /** Ask what was seen before. Throws Refused where nothing can be kept. */
  async load() {
    const told = await ask(this.address);
    const { columns, rows, cell_x: cellX, cell_y: cellY, side_px: sidePx } = told;
    this.grid = { columns, rows, cellX, cellY, sidePx };
    this.seen = unpacked(bytesOf(told.bits), columns * rows);
  }

  /** A box of cells has been looked at: it goes to the server with what comes after it. */
  add(box) {
    this.#pending = boxAroundBoth(this.#pending, box);
    this.#later(REST_MS);
    this.#tell();
  }

  #later(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), ms);
  }

  /** Send what waits; what does not get there waits on, and more is added to it meanwhile. */
  async send() {
    if (!this.#pending || this.#isSending) return;
    const box = this.#pending;
    this.#pending = null;
    this.#isSending = true;
    try {
      await ask(this.address, { method: "PUT", body: this.#partOf(box) });
      this.#failures = 0;
      this.trouble = "";
    } catch (error) {
      this.#failed(box, error);
    }
    this.#isSending = false;
    if (this.#pending) this.#later(this.#failures ? this.#patience() : REST_MS);
    this.#tell();
  }

  #failed(box, error) {
    if (error instanceof Refused && !error.isPassing && error.status !== 401) {
      this.trouble = error.message; // nothing will ever take it
      return;
    }
    this.#pending = boxAroundBoth(this.#pending, box);
    this.#failures += 1;
    this.trouble = error instanceof Refused ? error.message : "network";
  }

  #patience() {
    return RETRIES_MS[Math.min(this.#failures, RETRIES_MS.length) - 1];
  }

  /** The page goes or is hidden: send at once, whoever hears the answer. */
  part() {
    if (!this.#pending) return;
    tellInParting(this.address, { method: "PUT", body: this.#partOf(this.#pending) }); // and waits on, if the page stays
  }

  #partOf(box) {
    return { ...box, bits: textOf(packed(this.seen, this.grid, box)) };
  }

  /** Forget everything, here and there. */
  async startOver() {
    clearTimeout(this.timer);
    await ask(this.address, { method: "DELETE" });
    this.#pending = null;
    this.seen.fill(0);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function textOf(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
