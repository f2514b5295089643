// The table of figures beside the viewers: a column for each of them.

import { decimals, gettext, wholeNumber } from "../words.js";

const NOTHING = "–";
const COUNTS = new Set(["assessed", "called", "tp", "fp", "fn", "tn", "missed", "ignored"]);

/** Give the table as many columns as there are viewers. */
export function layColumns(table, letters) {
  const heads = table.querySelector("[data-heads]");
  for (const old of table.querySelectorAll("[data-column], [data-letter]")) old.remove();
  letters.forEach((letter, i) => {
    heads.append(headOf(letter, i));
    for (const row of table.querySelectorAll("tr[data-figure]")) row.append(cellOf(row, i));
  });
}

function headOf(letter, i) {
  const head = element("th", "is-number");
  head.scope = "col";
  head.dataset.letter = String(i);
  const sign = element("span", "letter");
  sign.textContent = letter;
  const name = element("span", "visually-hidden");
  name.dataset.show = `name-${i}`;
  head.append(sign, name);
  return head;
}

function cellOf(row, i) {
  const cell = element("td", "is-number");
  Object.assign(cell.dataset, { column: String(i), figure: row.dataset.figure });
  if (row.dataset.figure === "threshold") cell.dataset.show = `threshold-${i}`;
  return cell;
}

function element(name, className) {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

/** Fill the column of a viewer: figures of a reading, dashes of anything else. */
export function fillColumn(table, i, side) {
  const figures = side.isReading
    ? { ...side.pane.figures, threshold: side.pane.state.threshold }
    : {};
  for (const cell of table.querySelectorAll(`[data-column="${i}"]`)) {
    const words = figureWords(cell.dataset.figure, figures[cell.dataset.figure]);
    if (cell.textContent !== words) cell.textContent = words;
  }
  const name = table.querySelector(`[data-show="name-${i}"]`);
  if (name.textContent !== side.name) name.textContent = side.name;
}

function figureWords(name, value) {
  if (value === undefined || value === null) return NOTHING;
  return COUNTS.has(name) ? wholeNumber(value) : decimals(value);
}

/** The letter of a viewer: A to D. */
export function letterOf(i) {
  return "ABCD"[i];
}

/** What a screen reader says of a viewer. */
export function sideWords(i) {
  return gettext("Viewer %(letter)s").replace("%(letter)s", letterOf(i));
}
