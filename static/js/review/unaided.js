// A study that asks for one's own decision first: it is recorded, then the model's findings come.

import { ask, NoAnswer, Refused } from "../server.js";
import { filled, gettext, ngettext } from "../words.js";
import { outlining } from "./outline.js";

export function connect(reader) {
  const panel = reader.querySelector("[data-unaided]");
  if (panel && reader.page.review.isOpen) new Unaided(reader, panel).start();
}

class Unaided {
  constructor(reader, panel) {
    Object.assign(this, { reader, panel, chosen: null });
    this.choices = [...panel.querySelectorAll("[data-unaided-choice]")];
    this.button = panel.querySelector("[data-reveal]");
    this.box = panel.querySelector("[name=inadequate]");
    this.why = panel.querySelector("[name=inadequate-reason]");
  }

  start() {
    this.panel.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-unaided-choice]")?.dataset.unaidedChoice;
      if (choice) this.choose(choice);
    });
    this.button.addEventListener("click", () => this.reveal());
    this.box.addEventListener("change", () => this.#judge());
    this.why.addEventListener("input", () => this.#show());
    this.panel.querySelector("[data-unaided-add]").addEventListener("click", () => this.addFinding());
    this.reader.desk.review.addEventListener("change", () => this.#count());
    this.#count();
    const group = gettext("Decision without the model");
    this.reader.commands.add([
      ...this.choices.map(({ dataset, title }, place) => ({
        ...{ name: `unaided-${dataset.unaidedChoice}`, group, isOurs: true, label: title },
        ...{ keys: [String(place + 1)], when: () => true, run: () => this.choose(dataset.unaidedChoice) },
      })),
      {
        ...{ name: "unaided-reveal", group, isOurs: true, keys: ["enter"], when: () => !this.button.disabled },
        ...{ label: gettext("Record the decision and reveal the findings"), run: () => this.reveal() },
      },
      {
        ...{ name: "unaided-undo", group, isOurs: true, keys: ["u", "ctrl+z"], when: () => !this.outline.isOn },
        ...{ label: gettext("Take the last finding back"), run: () => this.reader.desk.review.undo() },
      },
      {
        ...{ name: "unaided-add", group, isOurs: true, keys: ["plus"], when: () => !this.outline.isOn },
        ...{ label: gettext("Add a finding of your own"), run: () => this.addFinding() },
      },
    ]);
    this.outline = outlining(this.reader); // its Enter goes before that of the decision
  }

  /** What is outlined now counts as found without the model. */
  addFinding() {
    if (this.outline.isOn) return;
    this.outline.begin(null, (region) => this.reader.desk.judging.add(region));
  }

  #count() {
    const { length: n } = this.reader.desk.review.shown;
    const words = ngettext("%(n)s finding of your own", "%(n)s findings of your own", n);
    this.panel.querySelector("[data-unaided-count]").textContent = n ? filled(words, { n }) : "";
  }

  /** Resolves once the server has kept every finding: what comes later is not without the model. */
  #kept() {
    const { outbox, review } = this.reader.desk;
    return new Promise((resolve) => {
      const look = () => {
        if (outbox.entries.length) return;
        review.removeEventListener("change", look);
        resolve();
      };
      review.addEventListener("change", look);
      look();
    });
  }

  choose(choice) {
    this.chosen = choice;
    this.box.checked = false;
    this.#show();
  }

  /** A slide that cannot be judged holds nothing that could be said. */
  #judge() {
    if (this.box.checked) this.chosen = null;
    this.#show();
    if (this.box.checked) this.why.focus();
  }

  #show() {
    for (const each of this.choices) {
      each.setAttribute("aria-pressed", String(each.dataset.unaidedChoice === this.chosen));
    }
    this.why.hidden = !this.box.checked;
    this.button.disabled = this.box.checked ? !this.why.value.trim() : !this.chosen;
  }

  async reveal() {
    if (this.button.disabled) return;
    this.button.disabled = true;
    const trouble = this.panel.querySelector("[data-unaided-trouble]");
    await this.#kept();
    try {
      const address = `/api/reviews/${this.reader.page.review.id}/`;
      const judged = { is_adequate: false, inadequate_reason: this.why.value.trim() };
      if (this.box.checked) await ask(address, { method: "PATCH", body: judged });
      const body = { conclusion: this.chosen ?? "", ...this.reader.counting.take() };
      await ask(`${address}unaided/`, { method: "POST", body });
      location.reload();
    } catch (error) {
      if (!(error instanceof Refused || error instanceof NoAnswer)) throw error;
      this.button.disabled = false;
      trouble.textContent = error instanceof NoAnswer
        ? gettext("Not recorded: no answer from the server. Try again.")
        : error.message;
      trouble.hidden = false;
    }
  }
}
