// <review-desk>: a slide with the findings that a reader judges and signs.

import { connect as bookmarks } from "../bookmarks/bookmarks.js";
import { connect as measuring } from "../measuring/measuring.js";
import { ReaderPage } from "../reader/reader-page.js";
import { connect as seenTissue } from "../seen/seen.js";
import { connect as stage } from "../viewer/stage.js";
import { connect as countActivity } from "./activity.js";
import { connect as adjudication } from "./adjudication.js";
import { connect as ahead } from "./ahead.js";
import { connect as asked } from "./asked.js";
import { DeskCommands } from "./desk-keys.js";
import { connect as judging } from "./judging-part.js";
import { connect as pins } from "./pins.js";
import { connect as tabs } from "./tabs.js";
import { connect as unaided } from "./unaided.js";

function activity(reader) {
  reader.counting = countActivity(reader);
}

class ReviewDesk extends ReaderPage {
  parts = [stage, measuring, seenTissue, bookmarks, tabs, activity, pins, judging, unaided, adjudication, ahead, asked];

  makeCommands() {
    return new DeskCommands(this.page.user.id);
  }

  /** What is known to be true is told where it is shown: the reader judges first. */
  knownAt(point) {
    const known = super.knownAt(point);
    const { truth, agreement } = this.pane.shown.layers;
    return known && !truth && !agreement ? { ...known, truthShare: null } : known;
  }

  /** N and P go through the findings of the review, in its own order. */
  step(places) {
    this.desk?.judging.step(places);
  }
}

customElements.define("review-desk", ReviewDesk);
