// <revision-history>: all revisions of a slide's drawing, what each changed, seen over the tissue,
// and the way back to any of them.

import { filled, gettext } from "../words.js";
import { NoAnswer, Refused } from "../server.js";
import { DeletedList } from "./deleted-list.js";
import { Difference } from "./difference.js";
import * as words from "./revision-words.js";

class RevisionHistory extends HTMLElement {
  #revisions = [];
  #shown = null; // the number of the revision whose actions are shown

  /** Show the history of a reader's drawing. */
  follow({ reader, sync, server }) {
    Object.assign(this, { sync, server });
    this.difference = new Difference(reader, server);
    this.fold = this.querySelector("[data-revisions]");
    this.list = this.querySelector("[data-list]");
    this.fold.addEventListener("toggle", () => this.#read());
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.dialog = this.querySelector("[data-confirm]");
    // Not at the dialog's "close", which comes late: another revision may be chosen by then.
    this.dialog.addEventListener("submit", ({ submitter }) => this.#answered(submitter.value));
    this.undo = this.querySelector("[data-undo]");
    this.undo.addEventListener("click", () => this.#restore(Number(this.undo.dataset.undo)));
    const deleted = new DeletedList(this.querySelector("[data-deleted]"), {
      ...{ reader, sync, server },
      attempt: (act) => this.#attempt(act),
    });
    sync.addEventListener("change", () => this.#follow(sync.standing, deleted));
  }

  #follow({ revision, savedAt }, deleted) {
    if (revision !== this.revision) this.#read();
    if (revision !== this.revision || savedAt !== this.savedAt) deleted.read();
    Object.assign(this, { revision, savedAt });
  }

  async #read() {
    if (!this.fold.open) return;
    await this.#attempt(async () => {
      this.#revisions = await this.server.revisions();
      this.#show();
    });
  }

  #show() {
    const focused = document.activeElement?.closest?.("[data-revision]")?.dataset.revision;
    this.list.replaceChildren(...this.#revisions.map((row) => this.#item(row)));
    this.querySelector("[data-none]").hidden = this.#revisions.length > 0;
    if (focused) this.list.querySelector(`[data-revision="${focused}"]`)?.focus();
  }

  #item(row) {
    const item = this.querySelector("[data-item]").content.firstElementChild.cloneNode(true);
    const put = (name, text) => (item.querySelector(`[data-${name}]`).textContent = text);
    const isShown = row.revision === this.#shown;
    put("number", row.revision);
    put("source", words.sourceWords(row));
    put("person", `${words.personWords(row.by)} · ${words.momentWords(row.at)}`);
    put("signs", words.changeSigns(row));
    put("spoken", words.changeWords(row));
    put("content", words.contentWords(row));
    put("note", row.note);
    const toggle = item.querySelector("[data-toggle]");
    toggle.dataset.revision = row.revision;
    toggle.setAttribute("aria-expanded", String(isShown));
    const isLatest = row === this.#revisions[0];
    item.querySelector("[data-actions]").hidden = !isShown;
    item.querySelector('[data-act="latest"]').hidden = isLatest;
    item.querySelector('[data-act="restore"]').hidden = isLatest;
    return item;
  }

  #clicked(event) {
    const toggle = event.target.closest("[data-toggle]");
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (toggle) {
      const revision = Number(toggle.dataset.revision);
      this.#shown = revision === this.#shown ? null : revision;
      this.#show();
    } else if (act === "restore") this.#ask();
    else if (act) this.#compare(act);
  }

  #compare(act) {
    const [later, earlier] = act === "latest"
      ? [this.#revisions[0].revision, this.#shown]
      : [this.#shown, this.#shown - 1];
    return this.#attempt(() => this.difference.show(later, earlier));
  }

  #ask() {
    const question = this.dialog.querySelector("[data-question]");
    question.textContent = filled(gettext("Restore revision %(n)s?"), { n: this.#shown });
    this.dialog.showModal();
  }

  #answered(answer) {
    if (answer === "restore") this.#restore(this.#shown);
  }

  /** What waits is sent first, so that it is in the history that is gone back from. */
  async #restore(revision) {
    await this.#attempt(async () => {
      await this.sync.flush();
      const made = await this.server.restore(revision);
      const isNew = made.revision > this.revision;
      this.difference.hide();
      this.undo.dataset.undo = made.revision - 1;
      this.undo.hidden = !isNew;
      this.#say(isNew ? restoredWords(revision, made.revision) : gettext("It is so already."));
      await this.sync.ask();
      await this.#read();
    });
  }

  async #attempt(act) {
    try {
      await act();
    } catch (error) {
      if (error instanceof NoAnswer) this.#say(gettext("No answer from the server. Try again."));
      else if (error instanceof Refused) this.#say(error.message);
      else throw error;
    }
  }

  #say(text) {
    this.querySelector("[data-said]").textContent = text;
  }
}

function restoredWords(n, m) {
  return filled(gettext("Revision %(n)s was restored, as revision %(m)s."), { n, m });
}

customElements.define("revision-history", RevisionHistory);
