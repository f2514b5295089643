// <save-state data-login>: how the drawing is kept, always in sight while somebody draws.

import { clock, filled, gettext, language, ngettext } from "../words.js";
import { showShapes, viewOfShapes } from "./shape-layer.js";

const POINTED_AT_MS = 4000;
const QUIET = new Set(["reading", "saving", "saved"]); // seen, but not said at every stroke

class SaveState extends HTMLElement {
  /** Show how a sync stands. Called once the page has begun to read the drawing. */
  follow({ reader, drawing, queue, sync, conflicts }) {
    Object.assign(this, { drawing, queue, sync, conflicts });
    this.viewer = reader.viewer;
    this.user = reader.page.user;
    this.words = this.querySelector("[data-words]");
    this.said = this.querySelector("[data-said]");
    this.querySelector("[data-decide]").addEventListener("click", () => this.conflicts.ask());
    this.querySelector("[data-show]").addEventListener("click", () => this.#pointAtRefused());
    const login = this.querySelector("[data-log-in]");
    // The address of the page holds the view: it is read when the link is used.
    login.addEventListener("click", () => {
      const back = location.pathname + location.search + location.hash;
      login.href = `${this.dataset.login}?${new URLSearchParams({ next: back })}`;
    });
    this.sync.addEventListener("change", () => this.#show());
    this.#show();
  }

  #show() {
    const { standing, isDrawing } = this.sync;
    const { conflicts, refusals, waiting } = this.queue;
    const state = stateOf(standing, this.queue);
    const others = presenceWords(standing.editors);
    this.hidden = !(isDrawing || waiting > 0 || state === "unread" || others);
    this.dataset.state = state;
    const words = WORDS[state](this);
    put(this.words, words);
    put(this.said, QUIET.has(state) ? "" : words);
    put(this.querySelector("[data-warning]"), journalWords(standing.journalTrouble));
    put(this.querySelector("[data-others]"), others);
    this.querySelector("[data-log-in]").hidden = state !== "loggedOut";
    this.querySelector("[data-decide]").hidden = conflicts.length === 0;
    this.querySelector("[data-show]").hidden = refusals.length === 0;
  }

  #pointAtRefused() {
    const regions = this.queue.refusals.map(({ id }) => this.drawing.get(id)).filter(Boolean);
    if (regions.length === 0) return;
    const shapes = regions.map((region) => ({ ...region, look: "theirs" }));
    this.viewer.show(viewOfShapes(this.viewer, shapes.slice(0, 1)));
    const layer = showShapes(this.viewer, shapes);
    setTimeout(() => layer.remove(), POINTED_AT_MS);
  }
}

/** The one thing to say first. */
function stateOf({ trouble, isSending, isLoaded }, { waiting, conflicts, refusals, sendable, flights }) {
  if (!isLoaded && trouble !== "loggedOut") return trouble ? "unread" : "reading";
  if (trouble && (waiting > 0 || trouble === "loggedOut")) return trouble;
  if (conflicts.length > 0) return "conflict";
  if (refusals.length > 0) return "refused";
  return isSending || sendable.length > 0 || flights.length > 0 ? "saving" : "saved";
}

const WORDS = {
  reading: () => gettext("Reading the drawing…"),
  saved: ({ sync }) => {
    const { savedAt } = sync.standing;
    return savedAt ? filled(gettext("Saved %(time)s"), { time: clock(savedAt) }) : gettext("All is saved");
  },
  saving: () => gettext("Saving…"),
  unread: () => gettext("The drawing cannot be read: no answer from the server. Trying again."),
  network: (state) =>
    waitWords(
      state,
      ngettext(
        "%(n)s change waits: no network.",
        "%(n)s changes wait: no network.",
        state.queue.waiting,
      ),
    ),
  server: (state) =>
    waitWords(
      state,
      ngettext(
        "%(n)s change waits: the server is in trouble.",
        "%(n)s changes wait: the server is in trouble.",
        state.queue.waiting,
      ),
    ),
  loggedOut: ({ sync }) =>
    sync.standing.journalTrouble
      ? gettext("You are logged out. Log in in another tab, then come back here: this page still holds your drawing.")
      : gettext("You are logged out. Your drawing is kept in this browser: log in and it will be sent."),
  otherReader: ({ user }) =>
    filled(
      gettext("Somebody else has logged in here. Your drawing is kept in this browser until %(name)s logs in again."),
      { name: user.name },
    ),
  forbidden: ({ sync }) =>
    filled(gettext("Your drawing is kept in this browser. %(reason)s"), { reason: sync.standing.detail }),
  gone: () => gettext("This slide was removed from the site. Your drawing is kept in this browser."),
  conflict: ({ queue }) =>
    filled(
      ngettext(
        "%(n)s region was changed by somebody else too.",
        "%(n)s regions were changed by somebody else too.",
        queue.conflicts.length,
      ),
      { n: queue.conflicts.length },
    ),
  refused: ({ queue }) =>
    filled(
      ngettext(
        "%(n)s region is kept here only: %(reason)s",
        "%(n)s regions are kept here only: %(reason)s",
        queue.refusals.length,
      ),
      { n: queue.refusals.length, reason: queue.refusals[0].refusal },
    ),
};

function waitWords({ queue, sync }, text) {
  const kept = sync.standing.journalTrouble ? "" : ` ${gettext("Kept in this browser.")}`;
  return filled(text, { n: queue.waiting }) + kept;
}

function journalWords(trouble) {
  if (trouble === "full") {
    return gettext("This browser’s storage is full. Do not close this page before it says saved.");
  }
  if (trouble === "absent") {
    return gettext("This browser keeps nothing by itself. Do not close this page before it says saved.");
  }
  return "";
}

function presenceWords(editors) {
  const names = [...new Set(editors.filter(({ isDrawing }) => isDrawing).map(({ name }) => name))];
  if (names.length === 0) return "";
  const list = new Intl.ListFormat(language(), { type: "conjunction" }).format(names);
  return filled(ngettext("%(names)s is drawing here", "%(names)s are drawing here", names.length), {
    names: list,
  });
}

function put(place, words) {
  if (place.textContent !== words) place.textContent = words;
  place.hidden = words === "";
}

customElements.define("save-state", SaveState);
