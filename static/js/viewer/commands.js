// What keys do. Every part of a page adds its commands here; the list of keys is made of them, and
// a reader may give any of them another key.

const STORE = "sentinode-keys";
const HELD_MS = 350;
const NAMED = { " ": "space", "+": "plus" };
const HALF_KEYS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "Dead", "Process"]);

/** The key of an event as it is written in a command: "n", "shift+r", "ctrl+z", "arrowleft". */
export function keyOf(event) {
  const key = NAMED[event.key] ?? event.key.toLowerCase();
  const isLetter = /^\p{L}$/u.test(key) || event.key.length > 1 || key === "space";
  const held = [
    (event.ctrlKey || event.metaKey) && "ctrl+",
    event.altKey && "alt+",
    event.shiftKey && isLetter && "shift+", // "?" and "+" are what they are, with Shift or not
  ];
  return held.filter(Boolean).join("") + key;
}

/** Shift and a digit, whatever sign the keyboard makes of it; null for any other key. */
export function digitKeyOf({ shiftKey, code = "" }) {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  return shiftKey && digit ? `shift+${digit}` : null;
}

/** Whether an event is of a whole key, not of one that is held with another. */
export function isWholeKey(event) {
  return !HALF_KEYS.has(event.key);
}

/**
 * A command: {name, group, label, keys, run(event)} and, if wanted,
 * release(heldMs): when the key comes up; isRepeated: also while it is held;
 * when(): whether it holds at the moment. A later command goes before an earlier one.
 * Fires "change" when a command has come or has another key.
 */
export class Commands extends EventTarget {
  /** user: whose keys these are, so that people who share a browser keep their own. */
  constructor(user = null, storage = globalThis.localStorage) {
    super();
    this.storage = storage;
    this.place = user === null ? STORE : `${STORE}-${user}`;
    this.all = [];
    this.own = read(storage, this.place);
    this.held = new Map();
  }

  add(commands) {
    this.all.push(...commands);
    this.#tell();
  }

  keysOf(command) {
    return this.own[command.name] ?? command.keys;
  }

  /** The key to name on the button of a command; undefined if it has none. */
  firstKeyOf(name) {
    const command = this.all.find((each) => each.name === name);
    return command && this.keysOf(command)[0];
  }

  /** The command that a key stands for now; undefined if none. */
  find(key) {
    return this.all.findLast((each) => this.keysOf(each).includes(key) && (each.when?.() ?? true));
  }

  /** The other command that a key stands for when this one holds; undefined if none. */
  holder(name, key) {
    const command = this.all.find((each) => each.name === name);
    return this.all.find(
      (each) => each.name !== name && this.keysOf(each).includes(key) && canMeet(each, command),
    );
  }

  /** Give a command one key of the reader's choice, and take the key from who had it. */
  remap(name, key) {
    const holder = this.holder(name, key);
    this.own = { ...this.own, [name]: [key] };
    if (holder) this.own[holder.name] = this.keysOf(holder).filter((each) => each !== key);
    write(this.storage, this.place, this.own);
    this.#tell();
  }

  /** Whether a reader has changed any key. */
  get areChanged() {
    return Object.keys(this.own).length > 0;
  }

  /** Back to the keys that the commands came with. */
  reset() {
    this.own = {};
    write(this.storage, this.place, this.own);
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }

  listen(signal) {
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    document.addEventListener("keyup", (event) => this.#released(event), { signal });
    window.addEventListener("blur", () => this.#releaseAll(), { signal });
  }

  #pressed(event) {
    if (isTyping(event.target) || document.querySelector("dialog[open] [data-catches-keys]")) return;
    const key = keyOf(event);
    if (isForControl(event.target, key)) return;
    const command = this.find(key) ?? this.find(digitKeyOf(event));
    if (!command) return;
    event.preventDefault();
    if (event.repeat && !command.isRepeated) return;
    if (command.release && !this.held.has(event.code)) {
      this.held.set(event.code, { command, at: performance.now() });
    }
    command.run(event);
  }

  #released(event) {
    const press = this.held.get(event.code);
    this.held.delete(event.code);
    press?.command.release(performance.now() - press.at);
  }

  #releaseAll() {
    for (const { command, at } of this.held.values()) command.release(performance.now() - at);
    this.held.clear();
  }
}

/** Commands that hold in different cases may share a key; those of one group hold together. */
function canMeet(one, other) {
  return !one.when || !other?.when || one.group === other.group;
}

/** Whether a press was long enough to be a glance rather than a switch. */
export function isGlance(heldMs) {
  return heldMs > HELD_MS;
}

function isTyping(target) {
  const text = "textarea, select, [contenteditable]";
  const inputs = "input:not([type=range], [type=checkbox], [type=radio])";
  return Boolean(target.closest?.(`${text}, ${inputs}`));
}

/** Keys that press, open or move the control which has the focus. */
function isForControl(target, key) {
  const control = target.closest?.("button, summary, a, input");
  if (!control) return false;
  if (key === "space" || key === "enter") return true;
  return key.startsWith("arrow") && control.matches("input");
}

function read(storage, place) {
  try {
    const kept = JSON.parse(storage?.getItem(place) ?? "{}");
    const isKept = ([, keys]) => Array.isArray(keys) && keys.every((key) => typeof key === "string");
    return Object.fromEntries(Object.entries(kept ?? {}).filter(isKept));
  } catch {
    return {}; // A browser that keeps nothing still has the keys that the commands came with.
  }
}

function write(storage, place, own) {
  try {
    storage?.setItem(place, JSON.stringify(own));
  } catch {
    // As above: the change then lasts until the page is left.
  }
}
