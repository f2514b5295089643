import assert from "node:assert/strict";
import { test } from "node:test";
import { cellBorders, contour } from "../../static/js/maps/borders.js";
import { finerGrid, smoothed } from "../../static/js/maps/smoothed.js";
import { onOneGrid } from "../../static/js/maps/pairs.js";
import { pinsOf } from "../../static/js/maps/pins.js";
import { LAYERS, known, patched, togglesOf, usualLook } from "../../static/js/reader/look.js";
import { PAIR_CODES, VERSIONS, classCounts, histogramOf, pairCodes, pairTable } from "../../static/js/maps/classes.js";

const members = (grid, indices) => {
  const cells = new Uint8Array(grid.columns * grid.rows);
  for (const index of indices) cells[index] = 1;
  return cells;
};

const inFours = (lines) => Array.from({ length: lines.length / 4 }, (_, i) => lines.slice(4 * i, 4 * i + 4));

// Borders ------------------------------------------------------------------------

test("the border runs along the cells, long edges in one run", () => {
  const grid = { columns: 3, rows: 2 };
  assert.deepEqual(inFours(cellBorders(grid, members(grid, [0, 1]))), [
    [0, 0, 2, 0], [0, 1, 2, 1], [0, 0, 0, 1], [2, 0, 2, 1],
  ]);
});

test("a contour round one cell is a closed diamond through the middles between centres", () => {
  const grid = { columns: 3, rows: 3 };
  const lines = inFours(contour(grid, members(grid, [4]), 0.5));
  assert.equal(lines.length, 4);
  const ends = lines.flatMap(([x0, y0, x1, y1]) => [`${x0} ${y0}`, `${x1} ${y1}`]).sort();
  assert.deepEqual([...new Set(ends)], ["1 1.5", "1.5 1", "1.5 2", "2 1.5"]);
});

test("a contour passes where the field takes the level", () => {
  const lines = contour({ columns: 2, rows: 1 }, [10, 30], 15);
  const xs = inFours(lines).flatMap(([x0, , x1]) => [x0, x1]);
  assert.ok(xs.some((x) => Math.abs(x - 0.75) < 1e-9), `${xs}`);
});

test("every contour is closed, at the edge of the grid and at saddles too", () => {
  const grid = { columns: 6, rows: 5 };
  for (const cells of [[0, 7, 29], [1, 6], [0, 1, 6, 7, 12, 28], [0, 2, 4, 13, 15, 24, 26]]) {
    const degree = new Map();
    for (const [x0, y0, x1, y1] of inFours(contour(grid, members(grid, cells), 0.5))) {
      for (const end of [`${x0} ${y0}`, `${x1} ${y1}`]) degree.set(end, (degree.get(end) ?? 0) + 1);
    }
    assert.ok([...degree.values()].every((count) => count === 2), `${cells}`);
  }
});

// Smoothed -----------------------------------------------------------------------

test("smoothed cells keep their own value in the middle", () => {
  const grid = { columns: 4, rows: 3, sideL0: 90 };
  const values = Uint8Array.from([1, 255, 3, 0, 80, 90, 0, 7, 9, 200, 100, 50]);
  const fine = finerGrid(grid);
  const bytes = smoothed(grid, values, 0);
  assert.deepEqual(fine, { columns: 12, rows: 9, sideL0: 30 });
  values.forEach((value, i) => {
    const [row, column] = [Math.floor(i / 4), i % 4];
    assert.equal(bytes[(3 * row + 1) * 12 + 3 * column + 1], value);
  });
});

test("between two cells the value goes over by thirds", () => {
  const bytes = smoothed({ columns: 2, rows: 1, sideL0: 1 }, Uint8Array.of(30, 90), 0);
  assert.deepEqual([...bytes.slice(6, 12)], [30, 30, 50, 70, 90, 90]);
});

test("what was not assessed keeps its true border and lends nothing", () => {
  const bytes = smoothed({ columns: 2, rows: 1, sideL0: 1 }, Uint8Array.of(0, 90), 0);
  assert.deepEqual([...bytes.slice(0, 6)], [0, 0, 0, 90, 90, 90]);
});

test("a map of very many cells stays as it is", () => {
  const grid = { columns: 1000, rows: 600, sideL0: 2 };
  assert.equal(finerGrid(grid), grid);
});

// Two versions -------------------------------------------------------------------

test("two versions agree, differ, or only one has assessed a cell", () => {
  const table = pairTable(0.5, 0.25);
  const a = Uint8Array.of(255, 255, 1, 1, 255, 0, 0, 1, 0);
  const b = Uint8Array.of(255, 1, 128, 1, 0, 128, 0, 0, 1);
  const { BOTH, A_ONLY, B_ONLY, NEITHER, LONE_CALL, NONE, LONE_CLEAR } = VERSIONS;
  const codes = pairCodes(a, b);
  assert.deepEqual(
    [...codes].map((code) => table[code]),
    [BOTH, A_ONLY, B_ONLY, NEITHER, LONE_CALL, LONE_CALL, NONE, LONE_CLEAR, LONE_CLEAR],
  );
  const counts = classCounts(histogramOf(codes, PAIR_CODES), table);
  assert.deepEqual(counts, [1, 1, 1, 1, 1, 2, 2, 0]);
});

test("a coarser map is laid on the finer cells by their centres", () => {
  const fine = { grid: { columns: 4, rows: 2, sideL0: 10 }, values: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  const coarse = { grid: { columns: 2, rows: 1, sideL0: 15 }, values: Uint8Array.of(70, 90) };
  const { grid, a, b, laid } = onOneGrid(coarse, fine);
  assert.deepEqual([grid, laid], [fine.grid, "a"]);
  assert.deepEqual([...b], [...fine.values]);
  // centres at 5, 15, 25, 35 and 5, 15: the second row lies beyond the coarse grid, as does 35
  assert.deepEqual([...a], [70, 90, 90, 0, 0, 0, 0, 0]);
});

test("maps of one grid are compared as they are", () => {
  const grid = { columns: 2, rows: 1, sideL0: 10 };
  const [one, other] = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)];
  assert.deepEqual(onOneGrid({ grid, values: one }, { grid: { ...grid }, values: other }), {
    grid, a: one, b: other, laid: null,
  });
});

// Pins ---------------------------------------------------------------------------

const SCREEN = { place: (point) => point, scale: 1, size: { width: 800, height: 600 } };
const dot = (x, y, side = 1) => ({ x, y, width: side, height: side });

test("only a finding too small to see gets a pin", () => {
  const pins = pinsOf([dot(100, 100, 40), dot(300, 300, 4)], SCREEN);
  assert.deepEqual(pins, [{ x: 302, y: 302, count: 1 }]);
});

test("pins that would touch are one with their number, and none is lost", () => {
  const pins = pinsOf([dot(100, 100), dot(110, 100), dot(300, 300), dot(104, 108)], SCREEN);
  assert.deepEqual(pins.map(({ count }) => count), [3, 1]);
});

test("thousands of findings are never more pins than the screen can hold apart", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => dot((i * 7919) % 800, (i * 104_729) % 600));
  const pins = pinsOf(many, SCREEN);
  assert.equal(pins.reduce((sum, { count }) => sum + count, 0), 20_000);
  assert.ok(pins.length < 1500, `${pins.length}`);
});

test("what lies off the screen is not marked", () => {
  assert.deepEqual(pinsOf([dot(900, 100), dot(100, -50)], SCREEN), []);
});

// The look -----------------------------------------------------------------------

test("probability, agreement and versions make room for each other", () => {
  const { layers } = usualLook(true);
  assert.equal(layers.probability, true);
  const next = togglesOf(layers, "versions");
  assert.deepEqual([next.probability, next.versions, next.truth], [false, true, true]);
  assert.equal(togglesOf(next, "versions").versions, false);
});

test("what a default or an address says is taken where it is known", () => {
  const said = {
    layers: { truth: false, magic: true, seen: "yes" }, styles: { truth: "heat", tissue: "blurred" },
    form: "smoothed", palette: "rainbow", opacity: 3,
  };
  assert.deepEqual(known(said), { layers: { truth: false }, styles: { truth: "heat" }, form: "smoothed" });
  assert.deepEqual(known({}), {});
});

test("a patch leaves what it does not name", () => {
  const look = patched(usualLook(true), { styles: { truth: "heat" }, layers: { seen: true } });
  assert.deepEqual([look.styles.tissue, look.layers.truth, look.layers.seen], ["outline", true, true]);
  assert.deepEqual(Object.keys(look.layers), LAYERS);
});
