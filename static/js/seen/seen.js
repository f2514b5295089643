// Seen tissue as a part of the slide's page: notes what was at rest under 10x or more, paints it,
// tells what is left, and leads to the largest part of it.

import { bestLook, largestUnseen, lookAt, tissueWeights, unseenShare } from "./coverage.js";
import { cornersOf } from "../viewer/geometry.js";
import { filled, gettext } from "../words.js";
import { loadCells } from "../maps/cells.js";
import { SeenKeeping } from "./keeping.js";
import { SeenPainter } from "./seen-painter.js";
import { setText } from "../reader/layer-controls.js";

const COARSEST_UM_PER_PX = 1; // 10x
const DWELL_MS = 300;
const ORDER = 10;
const ON_MINIMAP = 0.9;

/** Add seen tissue to a reader. Without um per px nobody knows what 10x is: the page says so. */
export function connect(reader) {
  const panel = reader.querySelector("[data-seen]");
  if (!panel || !reader.page.slide.mpp || !reader.page.slide.tissue) return;
  reader.seen = new SeenTissue(reader, panel);
  reader.seen.start().catch((error) => {
    console.error(error);
    setText(panel, "unseen", gettext("What you have seen could not be asked for. Reload the page."));
  });
}

class SeenTissue {
  constructor(reader, panel) {
    Object.assign(this, { reader, panel, viewer: reader.viewer, slide: reader.page.slide });
    this.keeping = new SeenKeeping(this.slide.id);
  }

  async start() {
    const [mask] = await Promise.all([loadCells(this.slide.tissue.url), this.keeping.load()]);
    const { grid } = this.keeping;
    this.weights = tissueWeights(mask, grid, grid.sidePx);
    this.painter = new SeenPainter(grid, getComputedStyle(this.reader).getPropertyValue("--seen").trim());
    this.#layers();
    this.#listen(this.reader.signal);
    this.reader.commands.add([
      {
        ...{ name: "next-unseen", group: gettext("Seen tissue"), keys: ["j"] },
        label: gettext("To the largest part not seen at 10× yet"),
        run: () => this.jump(),
      },
    ]);
    this.#refresh();
    this.#moved();
  }

  #layers() {
    this.layer = this.viewer.addLayer({
      order: ORDER,
      paint: (...args) => this.#paint(...args),
      isNeeded: () => Boolean(this.reader.pane.shown.layers.seen),
    });
    this.small = this.viewer.minimap?.addLayer({
      order: ORDER,
      paint: (context, scene) => this.painter.fill(context, scene, ON_MINIMAP),
    });
  }

  #paint(context, scene) {
    const { styles, opacity } = this.reader.pane.shown;
    if (styles.seen === "outline") this.painter.outline(context, scene);
    else this.painter.fill(context, scene, opacity);
  }

  #listen(signal) {
    this.viewer.addEventListener("viewchange", () => this.#moved());
    this.reader.pane.addEventListener("change", () => this.layer.repaint());
    this.keeping.addEventListener("change", () => this.#tell());
    document.addEventListener("visibilitychange", () => this.#shownOrHidden(), { signal });
    window.addEventListener("pagehide", () => this.keeping.part(), { signal });
    window.addEventListener("online", () => this.keeping.send(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.dwell));
    this.panel.querySelector("[data-next-unseen]").addEventListener("click", () => this.jump());
    const dialog = this.panel.querySelector("dialog");
    this.panel.querySelector("[data-start-over]").addEventListener("click", () => dialog.showModal());
    // Not at the dialog's "close": in some browsers Escape keeps the answer of the time before.
    dialog.addEventListener("submit", ({ submitter }) => submitter.value === "yes" && this.#startOver());
  }

  #shownOrHidden() {
    if (document.hidden) this.keeping.part();
    else this.#wait();
  }

  /** Every repaint is told: only another view begins the wait anew. */
  #moved() {
    const { x, y, width, rotation } = this.viewer.view;
    const view = `${x} ${y} ${width} ${rotation}`;
    if (view === this.seenView) return;
    this.seenView = view;
    this.#wait();
  }

  #wait() {
    clearTimeout(this.dwell);
    this.dwell = setTimeout(() => this.#rested(), DWELL_MS);
  }

  /** At rest for long enough: what the view shows was looked at, if it was sharp and in sight. */
  #rested() {
    if (document.hidden || !this.#isCloseEnough()) return;
    if (!this.#isSharp()) {
      this.#wait(); // its tiles are still on their way
      return;
    }
    const stage = { width: this.viewer.clientWidth, height: this.viewer.clientHeight };
    const box = lookAt(this.keeping.seen, this.keeping.grid, cornersOf(this.viewer.map, stage));
    if (!box) return;
    this.#refresh();
    this.keeping.add(box);
  }

  #isCloseEnough() {
    return this.viewer.isOpen && this.viewer.umPerScreenPx <= COARSEST_UM_PER_PX * (1 + 1e-6);
  }

  #isSharp() {
    return this.viewer.viewer.world.getItemAt(0).getFullyLoaded();
  }

  #refresh() {
    this.painter.refresh(this.keeping.seen, this.weights);
    this.layer.repaint();
    this.small?.repaint();
    this.#tell();
  }

  #tell() {
    const share = unseenShare(this.keeping.seen, this.weights);
    setText(this.panel, "unseen", shareWords(share));
    this.panel.querySelector("[data-next-unseen]").disabled = !share;
    setText(this.panel, "seen-kept", share === 1 ? "" : keptWords(this.keeping));
  }

  /** Go where the most unseen tissue comes into view at 10x, within the largest unseen part. */
  jump() {
    const { grid, seen } = this.keeping;
    const part = largestUnseen(seen, this.weights, grid);
    if (!part) return;
    const width = (this.viewer.clientWidth * COARSEST_UM_PER_PX) / this.slide.mpp;
    const place = bestLook(part, seen, this.weights, grid, this.#upright(width));
    this.viewer.lead();
    this.viewer.show({ ...place, width });
  }

  /** A view of this width as it lies on the slide: one turned by about a quarter lies on its side. */
  #upright(width) {
    const height = (width * this.viewer.clientHeight) / this.viewer.clientWidth;
    const angle = (this.viewer.view.rotation * Math.PI) / 180;
    const isTurned = Math.abs(Math.sin(angle)) > Math.SQRT1_2;
    return isTurned ? { width: height, height: width } : { width, height };
  }

  async #startOver() {
    try {
      await this.keeping.startOver();
      this.#refresh();
      this.#wait();
    } catch (error) {
      this.reader.complain(filled(gettext("Not started over: %(why)s"), { why: error.message }));
    }
  }
}

/** Never "0 %" while something is left. */
function shareWords(share) {
  if (share === null) return gettext("No tissue was found on this slide.");
  if (share === 0) return gettext("All tissue was seen at 10× or more.");
  const percent = share < 0.01 ? "<1" : String(Math.floor(share * 100));
  return filled(gettext("%(n)s % of the tissue never seen at 10×"), { n: percent });
}

function keptWords({ trouble, isWaiting }) {
  if (trouble === "network") return gettext("No network: kept in this window until it is back.");
  if (trouble) return filled(gettext("Not kept: %(why)s"), { why: trouble });
  return isWaiting ? gettext("Being kept …") : gettext("Kept for you.");
}
