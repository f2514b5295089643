// Deciding between two readers: their outlines over each other, how far they agree on each lesion,
// and which outline is taken. What is taken is a finding of this review, redrawn and undone as any.

import { viewOf } from "../maps/findings.js";
import { ask, NoAnswer, Refused } from "../server.js";
import { decimals, filled, gettext } from "../words.js";
import { AdjudicationLayer } from "./adjudication-layer.js";

const ROOM = 2.5; // sides of the box that are shown round a lesion

export function connect(reader) {
  const panel = reader.querySelector("[data-adjudication]");
  if (panel) new Adjudication(reader, panel.parentElement).start();
}

function choiceWords() {
  return {
    first: gettext("First"),
    second: gettext("Second"),
    union: gettext("Of either"),
    intersection: gettext("Of both"),
    majority: gettext("Two of three"),
    none: gettext("No tumour"),
  };
}

function choiceHints() {
  return {
    first: gettext("As the first reader outlined it"),
    second: gettext("As the second reader outlined it"),
    union: gettext("All that either reader outlined"),
    intersection: gettext("What both readers outlined"),
    majority: gettext("What two of both readers and the model hold"),
    none: gettext("The lesion is no tumour"),
  };
}

class Adjudication {
  lesions = [];
  current = null;
  preview = null;

  constructor(reader, panel) {
    Object.assign(this, { reader, panel, desk: reader.desk });
    this.address = `/api/reviews/${reader.page.review.id}/adjudication/`;
    this.rows = panel.querySelector("[data-lesions]");
    this.template = panel.querySelector("template[data-lesion]");
    this.box = panel.querySelector("[data-outlines-shown]");
    this.layer = new AdjudicationLayer(reader, this);
  }

  start() {
    this.box.addEventListener("change", () => this.#showOutlines(this.box.checked));
    this.rows.addEventListener("click", (event) => this.#clicked(event));
    for (const name of ["pointerover", "focusin"]) this.rows.addEventListener(name, (event) => this.#point(event));
    for (const name of ["pointerleave", "focusout"]) this.rows.addEventListener(name, () => this.#preview(null));
    this.reader.commands.add(this.#commands());
    this.desk.review.addEventListener("change", () => this.#follow());
    this.#load();
  }

  #commands() {
    const group = gettext("Both readers");
    const one = (name, keys, label, run, when = () => this.lesions.length > 0) => ({
      ...{ name: `adjudicate-${name}`, group, isOurs: true, keys, label, run, when },
    });
    const isFree = () => this.lesions.length > 0 && Boolean(this.desk.menu) && this.desk.isFree;
    return [
      one("next", ["."], gettext("Next lesion of either reader"), () => this.step(1)),
      one("previous", [","], gettext("Lesion before"), () => this.step(-1)),
      one("take", ["o"], gettext("Take an outline for it, then 1 to 6"), () => this.ask(), isFree),
      one("outlines", ["shift+u"], gettext("Show or hide both readers’ outlines"), () => this.#toggleOutlines()),
    ];
  }

  async #load() {
    this.known = this.#latest;
    await this.#try(async () => this.#learn(await ask(this.address)));
  }

  /** The sequence of the last verdict that the server has. */
  get #latest() {
    return this.desk.review.facts.verdicts.at(-1)?.sequence ?? 0;
  }

  /** What was undone or redrawn elsewhere on the page changes how lesions stand. */
  #follow() {
    if (!this.isTaking && this.#latest !== this.known) this.#load();
  }

  #learn(facts) {
    this.lesions = facts.lesions;
    if (!this.lesions.some(({ number }) => number === this.current)) this.current = this.lesions[0]?.number ?? null;
    this.#showSides(facts);
    this.#showLesions();
    this.layer.repaint();
  }

  // What is shown ------------------------------------------------------------------------

  #showSides({ readers, both, only_first, only_second, mean_iou }) {
    this.panel.querySelector("[data-sides]").replaceChildren(...readers.map(sideRow));
    const words = gettext("Outlined by both: %(both)s, by the first alone: %(first)s, by the second alone: %(second)s.");
    const told = [filled(words, { both, first: only_first, second: only_second })];
    if (mean_iou !== null) told.push(filled(gettext("Mean overlap (IoU) %(iou)s."), { iou: decimals(mean_iou, 2) }));
    this.panel.querySelector("[data-agreement]").textContent = told.join(" ");
  }

  #showLesions() {
    this.panel.querySelector("[data-no-lesions]").hidden = this.lesions.length > 0;
    this.rows.replaceChildren(...this.lesions.map((lesion) => this.#row(lesion)));
  }

  #row(lesion) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.dataset.number = lesion.number;
    if (lesion.number === this.current) row.setAttribute("aria-current", "true");
    const put = (name, words) => (row.querySelector(`.${name}`).textContent = words);
    put("matched-number", lesion.number);
    put("matched-found", foundWords(lesion));
    put("matched-iou", lesion.iou === null ? "" : filled(gettext("IoU %(iou)s"), { iou: decimals(lesion.iou, 2) }));
    const state = row.querySelector(".verdict-state");
    state.dataset.state = { taken: "accepted", dismissed: "rejected", open: "open" }[lesion.standing];
    state.textContent = standingWords(lesion);
    if (this.reader.page.review.isOpen && lesion.number === this.current) {
      row.querySelector(".matched-choices").append(...this.#buttons(lesion));
    }
    return row;
  }

  #buttons(lesion) {
    return this.#choicesOf(lesion).map(([choice, words]) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "btn btn-sm", title: choiceHints()[choice], textContent: words });
      button.dataset.choice = choice;
      return button;
    });
  }

  /** Choices that leave an outline; what is the same as another is offered once. */
  #choicesOf({ choices, candidates }) {
    const seen = new Set();
    const offered = Object.entries(choiceWords()).filter(([choice]) => {
      if (choice === "none") return true;
      if (!choices[choice] || (choice === "majority" && !candidates.length)) return false;
      const outline = JSON.stringify(choices[choice]);
      return !seen.has(outline) && seen.add(outline);
    });
    return offered;
  }

  #showOutlines(isShown) {
    this.layer.isShown = isShown;
    this.box.checked = isShown;
    this.layer.repaint();
  }

  #toggleOutlines() {
    this.#showOutlines(!this.layer.isShown);
  }

  // What is done -------------------------------------------------------------------------

  #clicked(event) {
    const row = event.target.closest("[data-number]");
    const choice = event.target.closest("[data-choice]")?.dataset.choice;
    if (choice) this.take(Number(row.dataset.number), choice);
    else if (row) this.go(Number(row.dataset.number));
  }

  #point(event) {
    const choice = event.target.closest("[data-choice]")?.dataset.choice;
    const number = Number(event.target.closest("[data-number]")?.dataset.number);
    this.#preview(choice ? (this.#of(number)?.choices[choice] ?? null) : null);
  }

  #preview(region) {
    if (this.preview === region) return;
    this.preview = region;
    this.layer.repaint();
  }

  #of(number) {
    return this.lesions.find((lesion) => lesion.number === number);
  }

  step(places) {
    const at = this.lesions.findIndex(({ number }) => number === this.current);
    const { length } = this.lesions;
    this.go(this.lesions[this.isShown ? (at + places + length) % length : Math.max(at, 0)].number);
  }

  /** Make a lesion the one in hand, and show it with both outlines. */
  go(number) {
    const { viewer } = this.reader;
    Object.assign(this, { current: number, isShown: true });
    this.reader.dispatchEvent(new CustomEvent("attend", { detail: "readers" }));
    this.#showLesions();
    this.rows.querySelector("[aria-current] .matched-head").focus({ preventScroll: true });
    this.layer.repaint();
    const [left, top, right, bottom] = this.#of(number).box_l0;
    const side = Math.max(right - left, bottom - top, 1) * ROOM;
    const place = { x: (left + right - side) / 2, y: (top + bottom - side) / 2, width: side, height: side };
    const { clientWidth: width, clientHeight: height } = viewer;
    viewer.lead();
    viewer.show(viewOf(place, 1, { width, height, rotation: viewer.view.rotation }));
  }

  ask() {
    if (!this.isShown) this.go(this.current ?? this.lesions[0].number);
    const lesion = this.#of(this.current);
    const choices = this.#choicesOf(lesion).map(([choice, words]) => [words, () => this.#chosen(lesion, choice)]);
    this.reader.dispatchEvent(new CustomEvent("attend", { detail: "review" }));
    this.desk.menu.open(filled(gettext("Lesion %(n)s: take"), { n: lesion.number }), choices);
  }

  #chosen({ number }, choice) {
    this.reader.dispatchEvent(new CustomEvent("attend", { detail: "readers" }));
    return this.take(number, choice);
  }

  /** One after the other: what is chosen while another is on its way is not lost. */
  take(lesion, choice) {
    this.takings = (this.takings ?? Promise.resolve()).then(() => this.#take(lesion, choice));
    return this.takings;
  }

  async #take(lesion, choice) {
    this.isTaking = true;
    await this.#try(async () => {
      this.#learn(await ask(this.address, { method: "POST", body: { lesion, choice } }));
      this.desk.review.learn({ verdicts: await this.desk.server.verdicts() });
      this.known = this.#latest;
    });
    this.isTaking = false;
  }

  async #try(act) {
    const trouble = this.panel.querySelector("[data-adjudication-trouble]");
    try {
      await act();
      trouble.hidden = true;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      trouble.hidden = false;
      trouble.textContent = error instanceof NoAnswer
        ? gettext("No answer from the server. Try again.")
        : error.message;
    }
  }
}

function sideRow({ name, conclusion_words: words, is_adequate: isAdequate, inadequate_reason: why }) {
  const row = document.createElement("div");
  const [who, what] = [document.createElement("dt"), document.createElement("dd")];
  who.textContent = name;
  what.textContent = isAdequate === false ? `${words}${why ? `: ${why}` : ""}` : words;
  row.append(who, what);
  return row;
}

function foundWords({ found_by: by }) {
  return {
    both: gettext("found by both"),
    first: gettext("by the first alone"),
    second: gettext("by the second alone"),
  }[by];
}

function standingWords({ standing }) {
  return {
    taken: gettext("taken"),
    dismissed: gettext("no tumour"),
    open: gettext("to be decided"),
  }[standing];
}
