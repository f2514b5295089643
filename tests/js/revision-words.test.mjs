import assert from "node:assert/strict";
import { test } from "node:test";
import * as words from "../../static/js/drawing/revision-words.js";

test("a revision says how it came about", () => {
  assert.equal(words.sourceWords({ source: "drawn", sourceName: "" }), "drawn here");
  const restored = { source: "restored", sourceName: "revision 3" };
  assert.equal(words.sourceWords(restored), "restored (revision 3)");
});

test("what changed is shown in signs and said in words", () => {
  const counts = { added: 2, removed: 1, changed: 0 };
  assert.equal(words.changeSigns(counts), "+2 −1");
  assert.equal(words.changeWords(counts), "2 added, 1 removed, 0 changed");
  assert.equal(words.changeSigns({ added: 0, removed: 0, changed: 0 }), "no change");
});

test("areas are in px where um per px is unknown", () => {
  const content = { regions: 1, tumourAreaPx: 1234.4, tumourAreaMm2: null };
  assert.equal(words.contentWords(content), "1 region · tumour 1,234 px²");
  const known = { ...content, regions: 3, tumourAreaMm2: 1.5 };
  assert.equal(words.contentWords(known), "3 regions · tumour 1.5 mm²");
});

test("whose account is gone is somebody", () => {
  assert.equal(words.personWords(""), "somebody");
});
