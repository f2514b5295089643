// Nothing that is drawn is ever lost: into the browser's journal at once, to the server within a
// second, beside what others draw, and back again from any revision.

import { Conflicts } from "./conflicts.js";
import { DrawingServer } from "./drawing-server.js";
import { EditQueue } from "./edit-queue.js";
import { newId } from "./features.js";
import { journalTroubleOf, openJournal } from "./journal.js";
import { SketchKeeper } from "./sketch-keeper.js";
import "./revision-history.js";
import "./save-state.js";
import { followTruth } from "../truth/latest-truth.js";
import { Sync } from "./sync.js";

/**
 * Load the drawing of a reader's slide and keep it. Resolves once it is loaded; gives
 * {begin(): drawing mode begins, finish(): it ends and what was drawn becomes a revision,
 * sketch(save): keep the shape being drawn, null where there is none, restoredSketch(): what an
 * earlier page left of one or null, state: how it stands, as Sync has it}.
 */
export async function openKeeping(reader, drawing) {
  const { slide, user } = reader.page;
  const { journal, left } = await journalOf(reader.page);
  const queue = new EditQueue();
  queue.restore(left);
  const server = new DrawingServer({ slide: slide.id, user: user.id, device: journal?.device ?? newId() });
  const noteJournal = (trouble) => sync.noteJournal(trouble);
  const sync = new Sync({ queue, server, drawing, keep: writerOf(queue, journal, noteJournal) });
  if (!journal) noteJournal("absent");
  const sketches = new SketchKeeper(journal, left.sketch, noteJournal);
  show({ reader, drawing, queue, sync, server, sketches });
  await sync.open(reader.signal);
  return {
    begin: () => begin(sync),
    finish: () => sync.setDrawing(false),
    sketch: (save) => sketches.keep(save),
    restoredSketch: () => sketches.restored,
    get state() {
      return sync.standing;
    },
  };
}

/** What a person sees of it: the state, the question after a conflict, the history. */
function show({ sketches, ...parts }) {
  const { reader, sync } = parts;
  const conflicts = new Conflicts({ ...parts, isBusy: () => sketches.isGrowing });
  sketches.onEnd = () => conflicts.askIfDue();
  sync.addEventListener("conflict", () => conflicts.askWhenFree());
  reader.querySelector("save-state").follow({ ...parts, conflicts });
  reader.querySelector("revision-history").follow(parts);
  followTruth(parts);
}

/** The journal and what earlier pages left in it; none where the browser keeps nothing. */
async function journalOf({ user, slide }) {
  try {
    const journal = await openJournal({ user: user.id, slide: slide.id });
    return { journal, left: await journal.takeOver() };
  } catch {
    // Private windows of some browsers. The reader is told so, and to wait for "saved".
    return { journal: null, left: { entries: [], flights: [], sketch: null } };
  }
}

/** Gives a function that writes the queue into the journal, one write after the other. */
function writerOf(queue, journal, tell) {
  let writing = Promise.resolve();
  return () => {
    if (!journal) return;
    const changes = queue.unwritten();
    const flights = [...queue.flights];
    writing = writing
      .then(() => journal.write(changes, flights))
      .then(() => tell(null))
      .catch((error) => {
        queue.writeAgain();
        tell(journalTroubleOf(error));
      });
  };
}

async function begin(sync) {
  // Asks the browser not to throw the journal away when space runs short.
  navigator.storage?.persist?.();
  await sync.setDrawing(true);
}
