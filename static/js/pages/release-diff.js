// <release-diff data-from="id">: what changes hands between two versions. Slides chosen in the plot
// leave only their rows in the table and their crops on the wall.

import { decimals, filled, gettext, ngettext, wholeNumber } from "../words.js";
import { BrushScatter } from "./brush-scatter.js";
import { carried } from "./plot.js";
import { betterUnder, measured } from "./scatter-points.js";

const LOWER_IS_BETTER = ["false_findings"];

class ReleaseDiff extends HTMLElement {
  connectedCallback() {
    this.page = carried(this.dataset.from);
    this.chosen = null;
    this.ending = new AbortController();
    for (const button of this.querySelectorAll("[data-all]")) {
      this.#on(button, "click", () => this.#unfold(button.closest("[data-part]"), button));
    }
    for (const button of this.querySelectorAll("[data-more]")) {
      this.#on(button, "click", () => this.#more(button));
    }
    const select = this.querySelector("[data-measure]");
    if (!select) return;
    this.plot = new BrushScatter({ versions: this.page.versions, choose: (...what) => this.#choose(...what) });
    this.querySelector("[data-plot]").replaceChildren(this.plot.svg);
    this.#on(select, "change", () => this.#measure(select.value));
    for (const button of this.querySelectorAll("[data-choose]")) {
      this.#on(button, "click", () => this.#chooseBy(button.dataset.choose));
    }
    this.#measure(select.value);
  }

  disconnectedCallback() {
    this.ending.abort();
  }

  #on(element, name, run) {
    element.addEventListener(name, run, { signal: this.ending.signal });
  }

  #measure(key) {
    this.measure = this.page.measures.find((each) => each.key === key);
    const { drawn, undrawn } = measured(this.page.slides, key);
    this.drawn = drawn;
    this.plot.draw(drawn, this.measure);
    const note = this.querySelector("[data-undrawn]");
    note.hidden = undrawn === 0;
    note.textContent = filled(
      ngettext("%(n)s slide has no such figure.", "%(n)s slides have no such figure.", undrawn),
      { n: undrawn },
    );
    this.#fillTable();
    this.#show();
  }

  #fillTable() {
    const digits = this.measure.isShare ? 3 : 0;
    const rows = new Map([...this.querySelectorAll("tr[data-slide]")].map((row) => [Number(row.dataset.slide), row]));
    for (const { slide, values } of this.page.slides) {
      const [first, second] = values[this.measure.key];
      const row = rows.get(slide);
      row.querySelector("[data-first]").textContent = decimals(first, digits);
      row.querySelector("[data-second]").textContent = decimals(second, digits);
      row.querySelector("[data-difference]").textContent = signed(first, second, digits);
    }
  }

  /** slides: null lets all go. isMore adds them to those chosen; isToggled turns them over. */
  #choose(slides, { isMore = false, isToggled = false } = {}) {
    const kept = new Set(isMore || isToggled ? this.chosen : []);
    for (const slide of slides ?? []) {
      if (isToggled && kept.has(slide)) kept.delete(slide);
      else kept.add(slide);
    }
    this.chosen = slides === null || kept.size === 0 ? null : kept;
    this.#show();
    if (this.chosen) for (const button of this.querySelectorAll("[data-more]")) this.#more(button, this.chosen);
  }

  #chooseBy(who) {
    if (who === "none") return this.#choose(null);
    return this.#choose(betterUnder(this.drawn, who, LOWER_IS_BETTER.includes(this.measure.key)));
  }

  #show() {
    const { chosen } = this;
    this.plot.show(chosen);
    const isShown = (element) => chosen === null || chosen.has(Number(element.dataset.slide));
    for (const row of this.querySelectorAll("tr[data-slide]")) row.hidden = !isShown(row);
    let crops = 0;
    for (const part of this.querySelectorAll("[data-part]")) crops += showPart(part, isShown, chosen !== null);
    const nothing = this.querySelector("[data-nothing]");
    if (nothing) nothing.hidden = crops > 0;
    for (const button of this.querySelectorAll("[data-choose]")) this.#offer(button);
    this.querySelector("[data-told]").textContent = this.#told(crops);
  }

  #offer(button) {
    const who = button.dataset.choose;
    const isLess = LOWER_IS_BETTER.includes(this.measure.key);
    button.hidden = who === "none" ? this.chosen === null : betterUnder(this.drawn, who, isLess).length === 0;
  }

  #told(crops) {
    const all = this.page.slides.length;
    if (this.chosen === null) return filled(ngettext("%(n)s slide", "All %(n)s slides", all), { n: all });
    return filled(gettext("%(n)s of %(all)s slides, on which %(crops)s lesions and false findings change hands"), {
      n: this.chosen.size, all, crops,
    });
  }

  /** Fetch the next places of a part; with slides, all that are left of these. */
  async #more(button, slides = null) {
    const part = button.closest("[data-part]");
    const address = new URL(button.dataset.more, location.href);
    address.searchParams.set("start", nextRank(part));
    if (slides) address.searchParams.set("slides", [...slides].join(","));
    button.disabled = true;
    const answer = await fetch(address, { signal: this.ending.signal }).catch(() => null);
    button.disabled = false;
    if (!answer?.ok) return this.#say(gettext("The next ones could not be fetched. Try again."));
    addTo(part, await answer.text());
    this.#show();
    if (nextRank(part) >= Number(button.dataset.n)) button.remove();
  }

  #say(words) {
    this.querySelector("[data-told]").textContent = words;
  }

  #unfold(part, button) {
    for (const one of part.querySelectorAll("[data-later]")) delete one.dataset.later;
    button.remove();
    this.#show();
  }
}

/** How many places stand there without a gap. */
function nextRank(part) {
  const ranks = new Set([...part.querySelectorAll("li[data-rank]")].map(({ dataset }) => Number(dataset.rank)));
  let next = 0;
  while (ranks.has(next)) next += 1;
  return next;
}

/** Put what is new in its place: the surest first. */
function addTo(part, html) {
  const list = part.querySelector("ul");
  const told = document.createElement("template");
  told.innerHTML = html;
  const there = new Map([...list.children].map((item) => [Number(item.dataset.rank), item]));
  for (const item of told.content.querySelectorAll("li")) {
    const rank = Number(item.dataset.rank);
    if (there.has(rank)) continue;
    const after = [...list.children].find((each) => Number(each.dataset.rank) > rank);
    list.insertBefore(item, after ?? null);
    there.set(rank, item);
  }
}

/** Leave what is meant of a part of the wall; how many that are. All of it if slides were chosen. */
function showPart(part, isShown, areChosen) {
  let count = 0;
  for (const crop of part.querySelectorAll("li[data-slide]")) {
    const isMeant = isShown(crop);
    count += isMeant;
    crop.hidden = !isMeant || ("later" in crop.dataset && !areChosen);
  }
  const told = part.querySelector("[data-count]");
  told.dataset.every ??= told.textContent;
  told.textContent = areChosen ? `${wholeNumber(count)} / ${told.dataset.every}` : told.dataset.every;
  const [later, more] = ["[data-all]", "[data-more]"].map((name) => part.querySelector(name));
  if (later) later.hidden = areChosen;
  if (more) more.hidden = areChosen || later !== null; // first what is here, then what is fetched
  part.hidden = count === 0;
  return count;
}

function signed(first, second, digits) {
  if (first === null || second === null) return "–";
  const words = decimals(Math.abs(second - first), digits);
  if (Number(Math.abs(second - first).toFixed(digits)) === 0) return words;
  return `${second > first ? "+" : "−"}${words}`;
}

customElements.define("release-diff", ReleaseDiff);
