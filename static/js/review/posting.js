// Sends what the outbox holds, one entry after the other, until all of it has arrived: again, later
// and later, where there is no network or the server stumbles; at once when the network is back or
// the reader returns. What the server refuses leaves the outbox and is told.
//
// Fires "change" when `standing` says something new, "refused" with {entry, error}.

import { NoAnswer, Refused } from "../server.js";

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

export class Posting extends EventTarget {
  #failures = 0;
  standing = {
    savedAt: null, // when the server last took something from here
    trouble: null, // "network", "server", "loggedOut", "otherReader"
    journalTrouble: null, // "absent" or "full"
  };

  /** keep(): writes the outbox into the journal. */
  constructor({ review, server, keep }) {
    super();
    Object.assign(this, { review, server, keep, outbox: review.outbox });
  }

  start(signal) {
    this.signal = signal;
    this.review.addEventListener("change", () => this.#said(), { signal });
    const again = () => document.visibilityState === "visible" && this.#again();
    for (const name of ["online", "focus", "pageshow"]) window.addEventListener(name, again, { signal });
    document.addEventListener("visibilitychange", again, { signal });
    signal.addEventListener("abort", () => this.#end());
    this.#hearOthers();
    this.flush();
  }

  /** Other windows on the same review tell at once when they said something. */
  #hearOthers() {
    this.others = new BroadcastChannel(`sentinode-review-${this.review.facts.id}`);
    this.others.addEventListener("message", () => this.refresh());
  }

  #end() {
    clearTimeout(this.timer);
    this.others.close();
  }

  #said() {
    this.keep();
    if (!this.#failures) this.flush();
    this.#tell();
  }

  #again() {
    if (this.outbox.entries.length > 0) this.flush();
    else this.refresh();
  }

  /** Send what waits, until nothing does or something fails. Gives whether all has arrived. */
  flush() {
    clearTimeout(this.timer);
    this.flushing ??= this.#sendAll().finally(() => {
      this.flushing = null;
      this.#tell();
    });
    return this.flushing;
  }

  async #sendAll() {
    for (let entry = this.outbox.take(); entry; entry = this.outbox.take()) {
      try {
        this.#taken(entry, await this.server.send(entry));
      } catch (error) {
        if (isRefusal(error)) await this.#refused(entry, error);
        else return this.#failed(error);
      }
    }
    return true;
  }

  #taken(entry, answer) {
    const verdicts = answer.verdicts ?? [];
    const sequences = Object.fromEntries(verdicts.map(({ finding, sequence }) => [finding, sequence]));
    const last = verdicts.at(-1)?.sequence ?? null;
    const known = this.review.facts.verdicts.at(-1)?.sequence ?? 0;
    const isNext = last === null || last <= known + verdicts.length;
    this.outbox.settle(sequences, isNext ? last : null);
    this.#recovered();
    this.standing = { ...this.standing, savedAt: new Date() };
    if (entry.kind === "slide") this.review.learn({ said: saidOf(answer) });
    else this.review.add(verdicts);
    this.keep();
    this.others.postMessage(last);
    if (!isNext) this.refresh();
  }

  /** Another window said something since, or nothing more can be said: told, and looked at anew. */
  async #refused(entry, error) {
    this.outbox.settle();
    this.#recovered();
    this.keep();
    await this.refresh();
    this.dispatchEvent(new CustomEvent("refused", { detail: { entry, error } }));
  }

  #failed(error) {
    this.outbox.land();
    if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    this.#failures += 1;
    this.standing = { ...this.standing, trouble: troubleOf(error), why: error.message };
    const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    const delay = Math.max(longest * (0.5 + Math.random() / 2), (error.retryAfterS ?? 0) * 1000);
    if (!this.signal.aborted) this.timer = setTimeout(() => this.flush(), delay);
    return false;
  }

  #recovered() {
    this.#failures = 0;
    this.standing = { ...this.standing, trouble: null };
  }

  /** Ask what the server knows by now, of this window and of others. */
  async refresh() {
    try {
      const [told, verdicts] = await Promise.all([this.server.review(), this.server.verdicts()]);
      const { state } = told;
      const isOpen = this.review.facts.isOpen && state === "open";
      this.review.learn({ verdicts, state, isOpen, said: saidOf(told) });
      if (this.standing.trouble && !this.outbox.entries.length) this.#recovered();
      this.#tell();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    }
  }

  /** Something else found out what is the matter. */
  noteTrouble(trouble) {
    this.standing = { ...this.standing, trouble };
    this.#tell();
  }

  noteJournal(journalTrouble) {
    this.standing = { ...this.standing, journalTrouble };
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

function saidOf({ is_adequate, inadequate_reason, conclusion }) {
  return { is_adequate, inadequate_reason, conclusion };
}

/** Whether the server refused what was said, rather than who says it and when. */
function isRefusal(error) {
  if (!(error instanceof Refused) || error.code === "not_yours") return false;
  return [400, 409, 422].includes(error.status) && error.code !== "busy";
}

function troubleOf(error) {
  if (error instanceof NoAnswer) return "network";
  if (error.isLoggedOut) return "loggedOut";
  if (error.code === "removed") return "removed";
  if (error.code === "not_yours" || error.status === 404) return "otherReader";
  return error.status === 403 ? "forbidden" : "server";
}
