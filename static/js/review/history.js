// All verdicts of a review, the newest first; and superseding one that was signed.

import { Refused, NoAnswer } from "../server.js";
import { clock, filled, gettext, wholeNumber } from "../words.js";
import { verdictWords } from "./finding-words.js";

export class History {
  constructor(reader, { review, server }) {
    Object.assign(this, { reader, review, server, facts: reader.page.review });
    this.list = reader.querySelector("[data-history]");
    this.review.addEventListener("change", () => this.show());
    this.show();
    this.#superseding();
  }

  show() {
    const { verdicts } = this.review;
    const numbers = new Map(this.review.findings.map(({ key, number }) => [key, number]));
    const undone = new Set(verdicts.map(({ undoes }) => undoes).filter(Boolean));
    const lines = [...verdicts].reverse().map((verdict) => {
      const line = document.createElement("li");
      const [what, when] = [document.createElement("span"), document.createElement("span")];
      what.textContent = filled(gettext("%(n)s: %(what)s"), {
        n: wholeNumber(numbers.get(verdict.finding) ?? 0),
        what: verdictWords(verdict, this.facts.reasons),
      });
      when.className = "sub";
      when.textContent = verdict.isWaiting
        ? gettext("waits in this browser")
        : `${verdict.by} · ${new Date(verdict.at).toISOString().slice(0, 10)} ${clock(new Date(verdict.at))}`;
      line.classList.toggle("is-undone", undone.has(verdict.sequence) || Boolean(verdict.undoes));
      line.append(what, when);
      return line;
    });
    this.list.replaceChildren(...lines);
    this.reader.querySelector("[data-history-none]").hidden = lines.length > 0;
  }

  #superseding() {
    const dialog = this.reader.querySelector("[data-supersede-ask]");
    if (!dialog) return;
    this.reader.querySelector("[data-supersede]").addEventListener("click", () => dialog.showModal());
    dialog.querySelector("form").addEventListener("submit", (event) => {
      if (event.submitter.value !== "yes") return;
      event.preventDefault();
      this.#supersede(dialog);
    });
  }

  async #supersede(dialog) {
    const trouble = dialog.querySelector("[data-supersede-trouble]");
    try {
      const following = await this.server.supersede(dialog.querySelector("textarea").value);
      location.assign(`../${following.id}/${location.search}`);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      trouble.textContent = error instanceof NoAnswer ? gettext("No answer from the server: try again.") : error.message;
      trouble.hidden = false;
    }
  }
}
