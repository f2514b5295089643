// The list of findings at the present threshold, largest first: how long each is, and what class
// that makes it. Without um per px they have no length, and the page says why.

import { filled, gettext, ngettext, wholeNumber } from "../words.js";

const MOST = 100;
const REST_MS = 120; // a hundred rows for each step of a threshold would hold it up

export function connect(reader) {
  const list = reader.querySelector("[data-findings]");
  if (!list) return;
  const show = () => fill(reader, list);
  let resting;
  reader.pane.addEventListener("change", () => {
    clearTimeout(resting);
    resting = setTimeout(show, REST_MS);
  });
  reader.addEventListener("finding", () => mark(list, reader.pane.shownFinding));
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-place]");
    if (row) reader.step(Number(row.dataset.place) - (reader.pane.shownFinding ?? -1));
  });
}

function fill(reader, list) {
  const { findings, shownFinding } = reader.pane;
  if (list.shown === findings) return mark(list, shownFinding);
  list.shown = findings;
  const rows = list.querySelector("[data-rows]");
  rows.replaceChildren(...findings.slice(0, MOST).map(rowOf));
  list.hidden = findings.length === 0;
  const more = list.querySelector("[data-more]");
  const left = findings.length - MOST;
  more.hidden = left <= 0;
  more.textContent = filled(
    ngettext("and %(n)s smaller one", "and %(n)s smaller ones", Math.max(left, 0)),
    { n: wholeNumber(Math.max(left, 0)) },
  );
  return mark(list, shownFinding);
}

function rowOf(finding, place) {
  const row = document.createElement("tr");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "finding", textContent: wholeNumber(place + 1) });
  button.dataset.place = String(place);
  button.setAttribute("aria-label", filled(gettext("Show finding %(n)s"), { n: place + 1 }));
  row.append(cell(button), cell(lengthWords(finding), "is-number"), cell(classPart(finding)));
  return row;
}

function cell(content, className = "") {
  const made = document.createElement("td");
  made.className = className;
  made.append(content);
  return made;
}

/** The longest diameter with its uncertainty; cells where nothing is known of their size. */
function lengthWords({ diameterUm, uncertaintyUm, cells }) {
  if (diameterUm === undefined) {
    return filled(ngettext("%(n)s cell", "%(n)s cells", cells), { n: wholeNumber(cells) });
  }
  return `${wholeNumber(Math.round(diameterUm))} ± ${wholeNumber(Math.round(uncertaintyUm))} µm`;
}

function classPart({ sizeClass, isByHand }) {
  const part = document.createElement("span");
  if (!sizeClass) return part;
  part.textContent = classWords(sizeClass);
  if (!isByHand) return part;
  const tag = document.createElement("span");
  tag.className = "by-hand";
  tag.textContent = gettext("measure by hand");
  part.append(" ", tag);
  return part;
}

function classWords(name) {
  return { itc: gettext("ITC"), micro: gettext("micro"), macro: gettext("macro") }[name];
}

function mark(list, place) {
  for (const button of list.querySelectorAll("[data-place]")) {
    const isShown = Number(button.dataset.place) === place;
    if (isShown) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}
