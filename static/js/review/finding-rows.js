// The list of findings: crop, number, length, class, confidence, state; a click shows one.

import { filled, gettext, ngettext, wholeNumber } from "../words.js";
import { classWords, confidenceWords, lengthWords, nameWords, stateWords } from "./finding-words.js";

export class FindingRows {
  constructor(reader, { judging, review }) {
    Object.assign(this, { judging, review, facts: reader.page.review, rows: new Map() });
    this.list = reader.querySelector("[data-rows]");
    if (!this.list) return;
    this.template = reader.querySelector("template[data-row]");
    this.count = reader.querySelector("[data-findings-count]");
    this.rest = reader.querySelector("[data-act=accept-rest]");
    this.list.addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (key) judging.go(key);
    });
    for (const source of [judging, review]) source.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const { shown, openFindings } = this.review;
    const rows = shown.map((finding) => this.#row(finding));
    if (rows.length !== this.list.children.length || rows.some((row, i) => this.list.children[i] !== row)) {
      this.list.replaceChildren(...rows);
    }
    this.count.textContent = countWords(shown.length, openFindings.length);
    if (this.rest) this.rest.hidden = openFindings.length === 0;
    this.#mark();
  }

  #row(finding) {
    const row = this.rows.get(finding.key) ?? this.#newRow(finding.key);
    const put = (name, words) => {
      const place = row.querySelector(name);
      if (place.textContent !== words) place.textContent = words;
    };
    const state = stateWords(finding, this.facts.reasons);
    put(".row-number", wholeNumber(finding.number));
    put(".row-size", lengthWords(finding));
    put(".row-class", classWords(finding));
    put(".row-confidence", confidenceWords(finding));
    put(".verdict-state", state);
    row.querySelector(".verdict-state").dataset.state = finding.state;
    const button = row.querySelector("button");
    button.setAttribute("aria-label", `${nameWords(finding)}, ${lengthWords(finding)}, ${classWords(finding)}, ${state}`);
    setCrop(row.querySelector("img"), this.facts, finding);
    return row;
  }

  #newRow(key) {
    const row = document.importNode(this.template.content, true).querySelector("li");
    row.querySelector("button").dataset.key = key;
    this.rows.set(key, row);
    return row;
  }

  #mark() {
    const { key } = this.judging;
    for (const [each, row] of this.rows) {
      const button = row.querySelector("button");
      if (each === key && button.getAttribute("aria-current") !== "true") {
        button.setAttribute("aria-current", "true");
        keepInSight(this.list, row);
      } else if (each !== key) button.removeAttribute("aria-current");
    }
  }
}

/** Where a finding's picture is; what is not on the server yet has none. */
export function setCrop(image, { cropUrl, mark }, finding) {
  const isKnown = finding.history.length === 0 || finding.history.some(({ isWaiting }) => !isWaiting);
  const isThere = !finding.isOwn || (isKnown && !finding.history[0].isWaiting);
  const version = finding.region ? finding.box_l0.map(Math.round).join("-") : mark;
  const address = isThere ? `${cropUrl.replace("KEY", finding.key)}?v=${version}` : "";
  if (image.dataset.address === address) return;
  image.dataset.address = address;
  if (address) image.src = address;
  else image.removeAttribute("src");
}

/** The list alone is scrolled, never the page. */
function keepInSight(list, row) {
  const [top, bottom] = [row.offsetTop - list.offsetTop, row.offsetTop - list.offsetTop + row.offsetHeight];
  if (top < list.scrollTop) list.scrollTop = top;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

/** How many are left to judge; the list itself shows how many there are. */
function countWords(all, open) {
  if (!all) return "0";
  if (!open) return gettext("all judged");
  return filled(ngettext("%(n)s open", "%(n)s open", open), { n: wholeNumber(open) });
}
