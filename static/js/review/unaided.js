// A study that asks for one's own decision first: it is recorded, then the model's findings come.

import { ask, NoAnswer, Refused } from "../server.js";
import { gettext } from "../words.js";

export function connect(reader) {
  const panel = reader.querySelector("[data-unaided]");
  if (panel && reader.page.review.isOpen) new Unaided(reader, panel).start();
}

class Unaided {
  constructor(reader, panel) {
    Object.assign(this, { reader, panel, chosen: null });
    this.choices = [...panel.querySelectorAll("[data-unaided-choice]")];
    this.button = panel.querySelector("[data-reveal]");
  }

  start() {
    this.panel.addEventListener("click", (event) => {
      const choice = event.target.closest("[data-unaided-choice]")?.dataset.unaidedChoice;
      if (choice) this.choose(choice);
    });
    this.button.addEventListener("click", () => this.reveal());
    const group = gettext("Decision without the model");
    this.reader.commands.add([
      ...this.choices.map(({ dataset, title }, place) => ({
        ...{ name: `unaided-${dataset.unaidedChoice}`, group, isOurs: true, label: title },
        ...{ keys: [String(place + 1)], when: () => true, run: () => this.choose(dataset.unaidedChoice) },
      })),
      {
        ...{ name: "unaided-reveal", group, isOurs: true, keys: ["enter"], when: () => this.chosen !== null },
        ...{ label: gettext("Record the decision and reveal the findings"), run: () => this.reveal() },
      },
    ]);
  }

  choose(choice) {
    this.chosen = choice;
    for (const each of this.choices) {
      each.setAttribute("aria-pressed", String(each.dataset.unaidedChoice === choice));
    }
    this.button.disabled = false;
  }

  async reveal() {
    if (!this.chosen || this.button.disabled) return;
    this.button.disabled = true;
    const trouble = this.panel.querySelector("[data-unaided-trouble]");
    try {
      const address = `/api/reviews/${this.reader.page.review.id}/unaided/`;
      const body = { conclusion: this.chosen, ...this.reader.counting.take() };
      await ask(address, { method: "POST", body });
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
