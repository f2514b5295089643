// What is said of the slide as a whole: adequate or not, and what it holds. The suggestion is marked
// as one; it is never taken by itself.

import { filled, gettext } from "../words.js";

const REST_MS = 600;

export class SlideSaid {
  constructor(reader, { review }) {
    Object.assign(this, { review, labels: new Map(reader.page.review.conclusions) });
    this.panel = reader.querySelector("[data-slide-said]");
    if (!this.panel) return;
    this.box = this.panel.querySelector("[name=inadequate]");
    this.why = this.panel.querySelector("[name=inadequate-reason]");
    this.panel.addEventListener("click", (event) => {
      const name = event.target.closest("[data-conclusion]")?.dataset.conclusion;
      if (name) this.conclude(name);
    });
    this.box.addEventListener("change", () => this.#judge());
    this.why.addEventListener("input", () => this.#later());
    this.why.addEventListener("change", () => this.#keepReason());
    this.review.addEventListener("change", () => this.show());
    this.show();
  }

  /** Say what the slide holds; the same again takes it back. */
  conclude(conclusion) {
    if (!this.review.isOpen) return;
    const isSame = this.review.said.conclusion === conclusion;
    this.review.sayOfSlide({ conclusion: isSame ? "" : conclusion });
  }

  takeSuggestion() {
    const { suggested } = this.review;
    if (suggested && this.review.isOpen) this.review.sayOfSlide({ conclusion: suggested });
  }

  #judge() {
    this.review.sayOfSlide({ is_adequate: this.box.checked ? false : null });
    if (this.box.checked) this.why.focus();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#keepReason(), REST_MS);
  }

  #keepReason() {
    clearTimeout(this.timer);
    this.review.sayOfSlide({ inadequate_reason: this.why.value.trim() });
  }

  show() {
    const { said, suggested, isOpen } = this.review;
    for (const button of this.panel.querySelectorAll("[data-conclusion]")) {
      const { conclusion } = button.dataset;
      button.setAttribute("aria-pressed", String(conclusion === said.conclusion));
      button.classList.toggle("is-suggested", conclusion === suggested && !said.conclusion);
      button.disabled = !isOpen;
    }
    const words = filled(gettext("suggestion: %(class)s"), { class: this.labels.get(suggested) });
    this.panel.querySelector("[data-suggestion]").textContent = suggested && isOpen ? words : "";
    this.box.checked = said.is_adequate === false;
    this.why.hidden = !this.box.checked;
    if (document.activeElement !== this.why) this.why.value = said.inadequate_reason ?? "";
  }
}
