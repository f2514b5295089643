import assert from "node:assert/strict";
import { test } from "node:test";
import { Commands, isWholeKey, keyOf } from "../../static/js/viewer/commands.js";

function shelf() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

function commands(storage = shelf(), user = 7) {
  const made = new Commands(user, storage);
  const run = () => {};
  made.add([
    { name: "next", group: "Findings", label: "Next finding", keys: ["n"], run },
    { name: "home", group: "Moving", label: "Whole slide", keys: ["h", "home"], run },
    { name: "wand", group: "Drawing", label: "Wand", keys: ["w"], run, when: () => true },
    { name: "knife", group: "Drawing", label: "Knife", keys: ["k"], run, when: () => false },
    { name: "undo-point", group: "Measuring", label: "Last point", keys: ["delete"], run, when: () => false },
  ]);
  return made;
}

test("a key is written with what is held", () => {
  const press = (key, held = {}) => keyOf({ key, ...held });
  assert.equal(press("R", { shiftKey: true }), "shift+r");
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("ArrowLeft", { altKey: true }), "alt+arrowleft");
  assert.equal(press("z", { metaKey: true }), "ctrl+z");
  assert.equal(press(" "), "space");
  assert.equal(press("+", { shiftKey: true }), "plus");
  assert.equal(isWholeKey({ key: "Shift" }), false);
});

test("another key is kept for that user alone", () => {
  const storage = shelf();
  commands(storage).remap("next", "x");
  assert.equal(commands(storage).find("x").name, "next");
  assert.equal(commands(storage).find("n"), undefined);
  assert.equal(commands(storage, 8).find("n").name, "next");
});

test("who has a key is named, and loses it when it is taken", () => {
  const made = commands();
  assert.equal(made.holder("next", "h").name, "home");
  made.remap("next", "h");
  assert.equal(made.find("h").name, "next");
  assert.equal(made.find("home").name, "home");
});

test("commands that never hold together may share a key", () => {
  const made = commands();
  assert.equal(made.holder("wand", "delete"), undefined);
  assert.equal(made.holder("wand", "k").name, "knife");
  assert.equal(made.holder("wand", "n").name, "next");
});

test("one act brings the usual keys back", () => {
  const made = commands();
  made.remap("next", "x");
  assert.equal(made.areChanged, true);
  made.reset();
  assert.equal(made.areChanged, false);
  assert.equal(made.find("n").name, "next");
});

test("nonsense in the browser's store changes no key", () => {
  const storage = shelf();
  for (const nonsense of ["no json", "[1]", '{"next": "x"}', "null", '{"next": [1]}']) {
    storage.setItem("sentinode-keys-7", nonsense);
    assert.equal(commands(storage).find("n").name, "next", nonsense);
  }
});
