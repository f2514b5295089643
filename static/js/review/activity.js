// Reading time: what the reader does counts, not that the page is open. Every 5 s in which a pointer
// moved, a key was pressed, a wheel turned or a finger touched are active, as long as the page is in
// sight. What came together is told every 15 s, and when the page goes.

import { ask, tellInParting } from "../server.js";

const TICK_S = 5;
const TICKS_A_MESSAGE = 3;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart", "touchmove"];

/** Count a reader's active seconds on its slide, or on the review that is open in its page. */
export function connect(reader) {
  const { slide, review } = reader.page;
  const address = review ? `/api/reviews/${review.id}/activity/` : `/api/slides/${slide.id}/activity/`;
  return countActivity(address, reader.signal);
}

/** Count active seconds of this window and tell them to an address until the signal aborts. */
export function countActivity(address, signal) {
  const counting = new Counting(address);
  const sign = () => counting.sign();
  for (const name of SIGNS) window.addEventListener(name, sign, { signal, passive: true, capture: true });
  const clock = setInterval(() => counting.tick(), TICK_S * 1000);
  signal.addEventListener("abort", () => {
    clearInterval(clock);
    counting.part();
  });
  document.addEventListener("visibilitychange", () => document.hidden && counting.part(), { signal });
  window.addEventListener("pagehide", () => counting.part(), { signal });
  return counting;
}

class Counting {
  constructor(address) {
    Object.assign(this, { address, seconds: 0, ticks: 0, isActive: false, began: performance.now() });
  }

  sign() {
    if (!document.hidden) this.isActive = true;
  }

  tick() {
    this.#close();
    this.ticks += 1;
    if (this.ticks >= TICKS_A_MESSAGE) this.#send();
  }

  /** What was not told yet, for who tells it with something else. */
  take() {
    this.#close();
    return this.#taken();
  }

  /** Tell it now: what is signed counts no more. */
  async tell() {
    this.#close();
    await this.#send();
  }

  /** The page goes, or is out of sight: the tick that runs ends here. */
  part() {
    this.#close();
    if (!this.seconds) return;
    tellInParting(this.address, { method: "POST", body: this.#taken() });
  }

  /** Add the tick that runs, as long as it really was: timers of busy pages come late. */
  #close() {
    const now = performance.now();
    if (this.isActive) this.seconds += Math.min((now - this.began) / 1000, TICK_S);
    this.isActive = false;
    this.began = now;
  }

  async #send() {
    this.ticks = 0;
    if (!this.seconds) return;
    const body = this.#taken();
    try {
      await ask(this.address, { method: "POST", body });
    } catch (error) {
      // Without an answer they are told again; the server counts no second twice.
      if (error.isPassing ?? true) this.seconds += body.seconds;
    }
  }

  #taken() {
    const { seconds } = this;
    this.seconds = 0;
    return { seconds: Math.round(seconds * 100) / 100 };
  }
}
