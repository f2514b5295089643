// Signing: what is left is asked about once, all of it at once; then the next slide comes.

import { NoAnswer, Refused } from "../server.js";
import { filled, gettext } from "../words.js";

export class Signing {
  #asked = new Set();
  #isBusy = false;

  constructor(reader, parts) {
    Object.assign(this, { reader, ...parts });
    this.sheet = reader.querySelector("[data-sign-sheet]");
    if (!this.sheet) return;
    this.labels = new Map(reader.page.review.conclusions);
    this.sheet.addEventListener("click", (event) => this.#clicked(event.target));
    this.sheet.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get isAsking() {
    return Boolean(this.sheet?.open);
  }

  /** Sign, or ask about what is left. */
  async sign() {
    if (this.#isBusy || !this.review.isOpen) return;
    this.#isBusy = true;
    this.reader.toggleAttribute("data-signing", true);
    try {
      if ((await this.#sent()) && (this.isAsking || !(await this.#asks()))) await this.#sign();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      if (error.code === "left_open") this.#show(error.body.left);
      else this.#refused(error);
    } finally {
      this.#isBusy = false;
      this.reader.toggleAttribute("data-signing", false);
    }
  }

  /** Everything said before is on the server first, what was seen, and how long it took. */
  async #sent() {
    const { seen, counting } = this.reader;
    const [all] = await Promise.all([this.posting.flush(), seen?.keeping.send(), counting?.tell()]);
    if (!all) this.#trouble(gettext("Not signed: what you said has not all arrived yet. It is kept here; sign when it says saved."));
    return all;
  }

  /** Ask about what is left and was not asked about before; gives whether there is any. */
  async #asks() {
    const left = await this.server.left();
    const isNew = ({ code, is_needed: isNeeded }) => isNeeded || !this.#asked.has(code);
    if (!left.some(isNew)) return false;
    this.#show(left);
    return true;
  }

  async #sign() {
    await this.server.sign({ knowing: [...this.#asked], ...this.terms });
    this.#done();
  }

  /** Why it was not signed, and what can be done about it. */
  #refused(error) {
    if (error instanceof NoAnswer) return this.#trouble(gettext("Not signed: no answer from the server. Nothing is lost; sign again."));
    if (error.isLoggedOut) {
      this.posting.noteTrouble("loggedOut");
      return this.#trouble(gettext("Not signed: you are logged out. All that you said is kept; log in, then sign."));
    }
    if (error.code === OTHER_READING) return this.#show([{ code: OTHER_READING, words: error.message }]);
    if (error.code === "not_open") this.posting.refresh();
    return this.#trouble(error.message);
  }

  #done() {
    this.isDone = true;
    this.review.learn({ state: "signed", isOpen: false });
    this.sheet.close();
    const next = this.reader.querySelector("form[data-following]");
    if (next) next.submit();
    else location.assign(this.reader.querySelector("[data-worklist]").href);
  }

  #show(left) {
    this.left = left;
    const codes = new Set(left.map(({ code }) => code));
    for (const code of codes) this.#asked.add(code);
    this.chosen = this.review.said.conclusion || this.review.suggested || null;
    this.sheet.querySelector("[data-left]").replaceChildren(...left.map(lineOf));
    this.#part("[data-sheet-conclusions]").hidden = !codes.has("no_conclusion");
    this.#part("[data-answer=unseen]").hidden = !codes.has("unseen") || !this.reader.seen;
    this.#part("[data-answer=open]").hidden = !codes.has("open_findings");
    this.#part("[data-answer=carry]").hidden = !codes.has(OTHER_READING);
    this.#part("[data-sheet-trouble]").hidden = true;
    this.#choose(this.chosen);
    if (!this.sheet.open) this.sheet.showModal();
    this.#part("[data-answer=sign]").focus();
  }

  #choose(conclusion) {
    this.chosen = conclusion;
    const needs = this.left.some(({ code }) => code === "no_conclusion");
    for (const button of this.sheet.querySelectorAll("[data-choose]")) {
      button.setAttribute("aria-pressed", String(button.dataset.choose === conclusion));
    }
    const { suggested, said } = this.review;
    const isSuggestion = needs && !said.conclusion && conclusion === suggested && suggested;
    const suggestion = gettext("Suggested by the findings you hold: %(class)s. Signing takes it.");
    const asked = needs && !conclusion ? gettext("Choose by 1 to 4.") : "";
    this.#part("[data-sheet-hint]").textContent = isSuggestion
      ? filled(suggestion, { class: this.labels.get(suggested) })
      : asked;
    const cannot = this.left.some(({ code }) => code === "no_reason") || (needs && !conclusion);
    this.#part("[data-answer=sign]").disabled = cannot;
  }

  #part(selector) {
    return this.sheet.querySelector(selector);
  }

  #clicked(target) {
    const choice = target.closest("[data-choose]")?.dataset.choose;
    if (choice) return this.#choose(choice);
    const answer = target.closest("[data-answer]");
    return answer && this.#answer(answer.dataset.answer);
  }

  #pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    const choice = this.sheet.querySelectorAll("[data-choose]")[Number(key) - 1];
    const isChoosing = choice && !this.#part("[data-sheet-conclusions]").hidden;
    const act = { j: "unseen", n: "open", c: "carry" }[key];
    if (isChoosing) this.#choose(choice.dataset.choose);
    else if (act && !this.#part(`[data-answer=${act}]`).hidden) this.#answer(act);
    else if (key !== "enter" || event.target.closest("[data-answer]:not([data-answer=sign])")) return;
    else this.#answer("sign");
    event.preventDefault();
  }

  async #answer(answer) {
    if (answer === "sign") return this.#signKnowing();
    if (answer === "carry") return this.#carry();
    this.sheet.close();
    if (answer === "unseen") this.reader.seen.jump();
    if (answer === "open") this.judging.go(this.review.openFindings[0].key);
    return undefined;
  }

  async #signKnowing() {
    if (this.#part("[data-answer=sign]").disabled) return;
    if (this.left.some(({ code }) => code === OTHER_READING)) this.terms = { on_old_reading: true };
    if (this.left.some(({ code }) => code === "no_conclusion")) this.review.sayOfSlide({ conclusion: this.chosen });
    await this.sign();
  }

  /** Go on with the reading that was made meanwhile: what was said goes over to it. */
  async #carry() {
    try {
      const { review } = await this.server.carryOver();
      location.assign(new URL(review.links.page).pathname + location.search);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      this.#refused(error);
    }
  }

  #trouble(words) {
    const place = this.#part("[data-sheet-trouble]");
    if (this.sheet.open) {
      place.textContent = words;
      place.hidden = false;
    } else this.reader.complain(words);
  }
}

const OTHER_READING = "other_reading";

function lineOf({ words }) {
  const line = document.createElement("li");
  line.textContent = words;
  return line;
}
