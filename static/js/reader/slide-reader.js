// <slide-reader>: one slide with all that can be done with it.

import { connect as defaultLook } from "./default-look.js";
import { connect as findingList } from "./finding-list.js";
import { connect as jumps } from "./jumps.js";
import { ReaderPage } from "./reader-page.js";
import { connect as preparedDownloads } from "../truth/prepared-download.js";
import { connect as truthIntake } from "../truth/truth-intake.js";
import { connect as drawing } from "../drawing/drawing.js";
import { connect as measuring } from "../measuring/measuring.js";
import { connect as stage } from "../viewer/stage.js";
import { connect as activity } from "../review/activity.js";
import { connect as pins } from "../review/pins.js";
import { connect as bookmarks } from "../bookmarks/bookmarks.js";
import { connect as seenTissue } from "../seen/seen.js";

class SlideReader extends ReaderPage {
  parts = [
    ...[stage, measuring, defaultLook, truthIntake, preparedDownloads, seenTissue, pins, drawing],
    ...[bookmarks, jumps, findingList, activity],
  ];
}

customElements.define("slide-reader", SlideReader);
