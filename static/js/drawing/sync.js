// Keeps a drawing, a journal and the server at one: sends what waits, asks what others did.
//
// One request at a time. What fails for lack of a network or because the server stumbles is sent
// again, later and later, at once when the network is back or the reader returns to the page.
// Fires "change" whenever `standing` says something new, and "conflict" when a person has to decide.

import { gettext } from "../words.js";
import { NoAnswer, Refused } from "../server.js";
import { featureOf, newId, regionOrNull } from "./features.js";

const DEBOUNCE_MS = 700;
const LONGEST_DEBOUNCE_MS = 3000; // a hand that never rests is saved all the same
const POLL_MS = 5000;
const MOST_REGIONS = 500; // in one edit
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

export class Sync extends EventTarget {
  #queue;
  #server;
  #drawing;
  #limit = MOST_REGIONS;
  #failures = 0;
  #cursor = 0;
  #isOurs = false; // whether edits of ours are in no revision yet
  standing = {
    isLoaded: false,
    isSending: false,
    savedAt: null, // when the server last took something from here
    trouble: null, // see troubleOf
    detail: "", // the server's words for the trouble
    journalTrouble: null, // "absent" or "full"
    revision: null,
    unreadable: 0, // regions of the slide that cannot be shown
    editors: [],
  };

  /** keep(): writes the queue into the journal. */
  constructor({ queue, server, drawing, keep }) {
    super();
    Object.assign(this, { isDrawing: false, keep });
    this.#queue = queue;
    this.#server = server;
    this.#drawing = drawing;
  }

  /** Load the drawing with what waits here laid over it, trying until it goes well. */
  async open(signal) {
    this.signal = signal;
    signal.addEventListener("abort", () => this.#rest());
    await this.#attempt(async () => {
      if (this.#queue.flights.length > 0) await this.#fly(this.#queue.flights[0]);
      await this.#load();
    });
    this.#drawing.addEventListener("change", (event) => this.#drawn(event.detail), { signal });
    this.#wake(signal);
    if (this.#queue.conflicts.length > 0) this.#tell("conflict");
    this.#plan(this.#queue.sendable.length > 0 ? 0 : null);
    this.#poll();
  }

  async #load() {
    const given = await this.#server.drawing();
    this.#queue.learn(given.sequences);
    this.#cursor = given.sequence;
    const features = new Map(given.features.map((feature) => [feature.id, feature]));
    for (const { id, feature } of this.#queue.overlay) {
      if (feature) features.set(id, feature);
      else features.delete(id);
    }
    const unreadable = this.#drawing.load([...features.values()]);
    this.#say({ isLoaded: true, revision: given.revision, unreadable });
  }

  /** Look again at once when the network is back, or the reader is. */
  #wake(signal) {
    const again = () => {
      if (document.visibilityState !== "visible") return;
      this.#plan(this.#queue.waiting > 0 ? 0 : null);
      this.#poll();
    };
    window.addEventListener("online", again, { signal });
    window.addEventListener("focus", again, { signal });
    document.addEventListener("visibilitychange", again, { signal });
    window.addEventListener("pageshow", again, { signal });
    window.addEventListener("pagehide", () => this.#part(), { signal });
  }

  #rest() {
    clearTimeout(this.timer);
    clearTimeout(this.pollTimer);
  }

  #drawn({ changes, origin }) {
    if (!["mine", "undo", "redo"].includes(origin) || this.isDeciding) return;
    const at = Date.now();
    for (const { id, before, after } of changes) {
      this.#queue.put({ id, feature: after && featureOf(after), isNew: !before }, at);
    }
    this.keep();
    this.firstAt ??= at;
    if (!this.#failures) this.#plan(Math.max(0, Math.min(DEBOUNCE_MS, this.firstAt + LONGEST_DEBOUNCE_MS - at)));
    this.#tell("change");
  }

  /** Send in so many ms, and not when it was planned before; null plans nothing. */
  #plan(delayMs) {
    if (delayMs === null || this.signal.aborted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delayMs);
  }

  /** Send what waits, until nothing does or something fails. Gives whether all has arrived. */
  flush() {
    clearTimeout(this.timer);
    this.flushing ??= this.#sendAll().finally(() => {
      this.flushing = null;
      this.#say({ isSending: false });
    });
    return this.flushing;
  }

  async #sendAll() {
    this.firstAt = null;
    this.#say({ isSending: this.#queue.waiting > 0 });
    for (;;) {
      const flight = this.#queue.take(newId(), this.#limit);
      if (!flight) return this.#sent();
      this.keep();
      try {
        await this.#fly(flight);
        this.#recover();
      } catch (error) {
        this.#fail(error);
        return false;
      }
    }
  }

  async #sent() {
    if (!this.isDrawing && this.#isOurs) await this.#revise();
    return this.#queue.waiting === 0;
  }

  async #fly(flight) {
    try {
      const answer = await this.#server.edit(flight);
      this.#show(this.#queue.settle(answer));
      this.#isOurs ||= answer.applied.length > 0;
      this.#limit = MOST_REGIONS;
      if (answer.applied.length > 0) this.#say({ savedAt: new Date() });
      if (answer.conflicts.length > 0) this.#tell("conflict");
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      this.#sift(flight, error);
    }
    this.keep();
  }

  /** The server cannot take the edit: find the regions that are to blame, and let the rest go. */
  #sift(flight, error) {
    const isOne = flight.changes.length === 1;
    const whole = isOne ? [{ id: flight.changes[0].id, detail: error.message }] : [];
    this.#limit = isOne ? MOST_REGIONS : Math.ceil(flight.changes.length / 2);
    this.#queue.refuse(error.body.regions ?? whole);
  }

  #fail(error) {
    this.#failures += 1;
    this.#say({ trouble: troubleOf(error), detail: error.message });
    const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
    const delay = Math.max(longest * (0.5 + Math.random() / 2), (error.retryAfterS ?? 0) * 1000);
    this.#plan(delay);
    return delay;
  }

  #recover() {
    this.#failures = 0;
    this.#say({ trouble: null, detail: "" });
  }

  /** Do something until it goes well. */
  async #attempt(act) {
    for (;;) {
      try {
        await act();
        return this.#recover();
      } catch (error) {
        if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
        const delay = this.#fail(error);
        clearTimeout(this.timer);
        await sleepUntilWoken(delay, this.signal);
      }
    }
  }

  async #poll() {
    clearTimeout(this.pollTimer);
    if (this.signal.aborted) return;
    if (document.visibilityState === "visible") await this.#askOnce();
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(() => this.#poll(), POLL_MS);
  }

  async #askOnce() {
    try {
      await this.ask();
      if (!this.standing.trouble) return;
      if (this.#queue.waiting === 0) this.#recover();
      else if (this.standing.trouble !== "server") this.#plan(0);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      if (this.#failures === 0) this.#say({ trouble: troubleOf(error), editors: [] });
    }
  }

  /** Ask what others did, and show it. */
  async ask() {
    const after = this.#cursor;
    // Under another reader's name it would be they who were said to draw.
    const isDrawing = this.isDrawing && this.standing.trouble !== "otherReader";
    const news = await this.#server.changes({ after, isDrawing });
    if (after !== this.#cursor) return; // a later question was answered first
    this.#cursor = news.sequence;
    const conflicts = this.#queue.conflicts.length;
    this.#show(this.#queue.receive(news.changes));
    this.keep();
    if (conflicts > this.#queue.conflicts.length) this.#tell("conflict");
    if (news.revision !== this.standing.revision) this.#say({ revision: news.revision });
    this.#say({ editors: news.editors });
  }

  #show(changes) {
    if (changes.length === 0) return;
    this.#drawing.receive(changes.map(({ id, feature }) => ({ id, after: feature && regionOrNull(feature) })));
  }

  /** Drawing began or ended. When it ends, what was drawn becomes a revision. */
  async setDrawing(isDrawing) {
    this.isDrawing = isDrawing;
    if (isDrawing) await this.#askOnce();
    else await this.flush();
  }

  async #revise() {
    try {
      await this.#server.revise();
      this.#isOurs = false;
      await this.ask();
    } catch (error) {
      // The edits are safe: the server makes a revision of them by itself in a while.
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
    }
  }

  /** The page goes: a last try. What does not arrive is in the journal, under the same key. */
  #part() {
    if (this.#queue.waiting > 0) {
      const flight = this.#queue.take(newId(), this.#limit);
      this.keep();
      if (flight) this.#server.editInParting(flight);
    } else if (this.#isOurs) {
      this.#server.reviseInParting();
      this.#isOurs = false;
    }
  }

  /** A region that was deleted at a sequence is there again; can be undone. */
  bringBack(region, sequence) {
    if (this.#drawing.get(region.id)) return;
    this.#queue.learn({ [region.id]: sequence });
    this.#drawing.apply([{ id: region.id, before: null, after: region }], gettext("Bring back"));
  }

  /** A conflict was decided: `act` changes the queue and the drawing. */
  decide(act) {
    this.isDeciding = true;
    act();
    this.isDeciding = false;
    this.keep();
    this.#plan(0);
    this.#tell("change");
  }

  noteJournal(journalTrouble) {
    this.#say({ journalTrouble });
  }

  #say(news) {
    this.standing = { ...this.standing, ...news };
    this.#tell("change");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** Whether the server refused what an edit says, rather than who says it and when. */
function isAboutContent(error) {
  return error instanceof Refused && !error.isPassing && ![401, 403, 404].includes(error.status);
}

function troubleOf(error) {
  if (error instanceof NoAnswer) return "network";
  if (error.isLoggedOut) return "loggedOut";
  if (error.code === "other_reader") return "otherReader";
  if (error.status === 403) return "forbidden";
  if (error.status === 404 || error.code === "slide_gone") return "gone";
  return "server";
}

function sleepUntilWoken(delayMs, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    const woken = () => {
      clearTimeout(timer);
      resolve();
    };
    for (const name of ["online", "focus"]) window.addEventListener(name, woken, { once: true, signal });
  });
}
