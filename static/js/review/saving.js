// How what was said is kept, always in sight: saved, on its way, or waiting in this browser.

import { journalTroubleOf, openJournal } from "../drawing/journal.js";
import { clock, filled, gettext, ngettext } from "../words.js";

/** The journal of a review in this browser, and what earlier pages left in it. */
export async function reviewJournal({ user, review }) {
  try {
    const journal = await openJournal({ user: user.id, slide: `review-${review.id}` });
    return { journal, left: (await journal.takeOver()).entries };
  } catch {
    return { journal: null, left: [] }; // A browser that keeps nothing: the reader is told so.
  }
}

/** Gives a function that writes the outbox into the journal, one write after the other. */
export function keeperOf(outbox, journal, tell) {
  let writing = Promise.resolve();
  return () => {
    const changes = outbox.unwritten();
    if (!journal || !(changes.kept.length || changes.gone.length)) return;
    writing = writing
      .then(() => journal.write(changes, []))
      .then(() => tell(null))
      .catch((error) => {
        outbox.writeAgain();
        tell(journalTroubleOf(error));
      });
  };
}

export class SavedWords {
  constructor(reader, { posting, review }) {
    Object.assign(this, { reader, posting, review });
    this.panel = reader.querySelector("[data-saved]");
    if (!this.panel) return;
    this.said = reader.querySelector("[data-sign-bar] [data-said]");
    this.login = this.panel.querySelector("[data-log-in]");
    this.login.addEventListener("click", () => {
      const back = location.pathname + location.search + location.hash;
      this.login.href = `${reader.dataset.login}?${new URLSearchParams({ next: back })}`;
    });
    posting.addEventListener("change", () => this.show());
    review.addEventListener("change", () => this.show());
    this.show();
  }

  show() {
    const { standing, outbox } = this.posting;
    const n = outbox.entries.length;
    const state = standing.trouble ?? (n ? "saving" : "saved");
    this.panel.dataset.state = state;
    const words = WORDS[state](standing, n) + journalWords(standing, n);
    put(this.panel.querySelector("[data-saved-words]"), words);
    if (state !== "saving") put(this.said, state === "saved" ? "" : words);
    this.login.hidden = state !== "loggedOut";
    if (state === "removed" && this.state !== state) this.reader.complain(standing.why);
    this.state = state;
  }
}

const WORDS = {
  saved: ({ savedAt }) =>
    savedAt ? filled(gettext("Saved %(time)s"), { time: clock(savedAt) }) : gettext("All is saved"),
  saving: () => gettext("Saving…"),
  network: (standing, n) => waiting(n, gettext("no network")),
  server: (standing, n) => waiting(n, gettext("the server is in trouble")),
  forbidden: (standing, n) => waiting(n, gettext("your account may not write now")),
  removed: (standing, n) => waiting(n, gettext("the slide was given to somebody else")),
  loggedOut: (standing, n) => waiting(n, gettext("you are logged out")),
  otherReader: (standing, n) => waiting(n, gettext("somebody else has logged in here")),
};

function waiting(n, why) {
  if (!n) return filled(gettext("Nothing can be saved: %(why)s"), { why });
  const words = ngettext("%(n)s step waits: %(why)s", "%(n)s steps wait: %(why)s", n);
  return filled(words, { n, why });
}

function journalWords({ journalTrouble, trouble }, n) {
  if (journalTrouble && n) return ` ${gettext("Do not close this page before it says saved.")}`;
  return trouble && n ? ` ${gettext("Kept in this browser.")}` : "";
}

function put(place, words) {
  if (place.textContent !== words) place.textContent = words;
}
