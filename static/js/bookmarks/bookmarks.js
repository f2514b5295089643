// Bookmarks as a part of the slide's page: a name for a view with its layers, to fly back to.

import * as address from "../viewer/address.js";
import { filled, gettext } from "../words.js";
import { known } from "../reader/look.js";
import { Shelf } from "./shelf.js";

export function connect(reader) {
  const panel = reader.querySelector("[data-bookmarks]");
  if (panel) new Bookmarks(reader, panel).start();
}

class Bookmarks {
  constructor(reader, panel) {
    Object.assign(this, { reader, panel, shown: null, removed: null });
    this.shelf = new Shelf(reader.page.slide.id);
    this.dialog = panel.querySelector("dialog");
    this.form = panel.querySelector("form");
    this.list = panel.querySelector("ol");
  }

  start() {
    this.shelf.addEventListener("change", () => this.#show());
    this.panel.querySelector("[data-set]").addEventListener("click", () => this.set());
    this.panel.querySelector("[data-undo]").addEventListener("click", () => this.#bringBack());
    this.list.addEventListener("click", (event) => this.#clicked(event.target));
    // Not at the dialog's "close", which comes late: the next bookmark may then be asked for already.
    this.form.addEventListener("submit", ({ submitter }) => this.#answered(submitter.value));
    this.reader.commands.add(this.#commands());
    this.#tried(() => this.shelf.load());
  }

  #commands() {
    const group = gettext("Bookmarks");
    return [
      {
        ...{ name: "set-bookmark", group, keys: ["shift+m"] },
        label: gettext("Set a bookmark here"),
        run: () => this.set(),
      },
      {
        ...{ name: "next-bookmark", group, keys: ["'"] },
        label: gettext("To the next bookmark"),
        run: () => this.#goTo(this.shelf.after(this.shown)),
      },
    ];
  }

  /** Ask for a name for what is seen now; the view is taken before anything else can move it. */
  set() {
    const { viewer, pane } = this.reader;
    if (!viewer.isOpen) return;
    const state = { ...viewer.view, ...pane.state, prediction: pane.prediction?.id };
    const number = this.shelf.all.filter((each) => each.is_own).length + 1;
    const name = filled(gettext("Bookmark %(n)s"), { n: number });
    this.#ask({ view: address.format(state), name, is_shared: false });
  }

  #ask(bookmark) {
    this.asked = bookmark;
    this.form.elements.name.value = bookmark.name;
    this.form.elements.shared.checked = bookmark.is_shared;
    this.dialog.showModal();
    this.form.elements.name.select();
  }

  #answered(answer) {
    const name = this.form.elements.name.value.trim();
    if (answer !== "keep" || !name) return;
    const said = { name, is_shared: this.form.elements.shared.checked };
    const { id, view } = this.asked;
    this.#tried(async () => {
      if (id) await this.shelf.change(id, said);
      else this.shown = (await this.shelf.add({ ...said, view })).id;
      this.#show();
    });
  }

  #clicked(target) {
    const bookmark = this.shelf.all.find(({ id }) => id === Number(target.closest("li")?.dataset.id));
    if (!bookmark) return;
    if (target.closest("[data-go]")) this.#goTo(bookmark);
    if (target.closest("[data-edit]")) this.#ask(bookmark);
    if (target.closest("[data-remove]")) this.#remove(bookmark);
  }

  #goTo(bookmark) {
    if (!bookmark) return;
    const view = address.parse(bookmark.view);
    this.shown = bookmark.id;
    this.#look(view);
    this.reader.viewer.lead();
    this.reader.viewer.show({ isFlipped: false, ...view });
    this.#show();
  }

  /** The layers and the reading as they were; a reading that is gone leaves the one there is. */
  #look({ prediction, threshold, other, otherThreshold, ...look }) {
    const { pane, page } = this.reader;
    const isThere = page.predictions.some(({ id }) => id === prediction);
    if (isThere && prediction !== pane.prediction?.id) {
      pane.open({ ...look, prediction, threshold, other, otherThreshold });
      return;
    }
    const numbers = isThere ? { threshold, other, otherThreshold } : {};
    const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
    this.reader.change({ ...known(look), ...Object.fromEntries(given) });
  }

  #remove(bookmark) {
    this.#tried(async () => {
      this.removed = await this.shelf.remove(bookmark.id);
      this.#show();
      this.panel.querySelector("[data-undo]").focus();
    });
  }

  #bringBack() {
    const { removed } = this;
    this.#tried(async () => {
      await this.shelf.add(removed);
      this.removed = null;
      this.#show();
      this.panel.querySelector("[data-set]").focus();
    });
  }

  /** What failed is said where it was asked for; nothing of the list is lost by it. */
  async #tried(act) {
    const place = this.panel.querySelector("[data-bookmark-trouble]");
    try {
      await act();
      place.hidden = true;
    } catch (error) {
      console.error(error);
      place.textContent = filled(gettext("That did not get to the server: %(why)s"), { why: error.message });
      place.hidden = false;
    }
  }

  #show() {
    const template = this.panel.querySelector("template");
    this.list.replaceChildren(...this.shelf.all.map((each) => this.#row(template, each)));
    this.panel.querySelector("[data-none]").hidden = this.shelf.all.length > 0;
    const undo = this.panel.querySelector("[data-removed]");
    undo.hidden = !this.removed;
    if (this.removed) {
      const words = filled(gettext("“%(name)s” removed."), { name: this.removed.name });
      undo.querySelector("span").textContent = words;
    }
  }

  #row(template, bookmark) {
    const row = document.importNode(template.content, true).querySelector("li");
    const { id, name, author, is_own: isOwn, is_shared: isShared } = bookmark;
    row.dataset.id = String(id);
    const go = row.querySelector("[data-go]");
    Object.assign(go, { textContent: name, title: name });
    if (id === this.shown) go.setAttribute("aria-current", "true");
    row.querySelector("[data-whose]").textContent = whoseWords({ author, isOwn, isShared });
    for (const [act, words] of [["edit", gettext("Change %(name)s")], ["remove", gettext("Remove %(name)s")]]) {
      const button = row.querySelector(`[data-${act}]`);
      button.hidden = !isOwn;
      button.setAttribute("aria-label", filled(words, { name }));
    }
    return row;
  }
}

function whoseWords({ author, isOwn, isShared }) {
  if (!isOwn) return filled(gettext("shared by %(author)s"), { author });
  return isShared ? gettext("shared") : gettext("only you");
}
