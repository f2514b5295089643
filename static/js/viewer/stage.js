// What a reader does with a stage besides moving: lens, full screen, the view as a picture; and
// what it says of tiles that could not be read.

import { decimals, filled, gettext, language, ngettext, significant, wholeNumber } from "../words.js";
import { legendOf } from "../maps/legend.js";
import { toggleFullScreen } from "./full-screen.js";
import { magnificationLabel } from "./geometry.js";
import { Magnifier } from "./magnifier.js";
import { MissingTiles } from "./missing-tiles.js";
import { saveView } from "./view-export.js";

/** Add lens, full screen, pictures and the notice of missing tiles to the page of one slide. */
export function connect(reader) {
  const { viewer, pane, page, signal } = reader;
  const stage = new Stage({ viewer, pane, page, signal, root: reader, complain: (words) => reader.complain(words) });
  for (const button of reader.querySelectorAll("[data-save-view]")) {
    button.addEventListener("click", () => stage.save(Number(button.dataset.saveView)));
  }
  const screen = fullScreen(reader);
  reader.commands.add(stageCommands({ stage: () => stage, screen }));
}

/** What can be done with one viewer: a lens over it, its picture, tiles asked for again. */
export class Stage {
  /** place: {viewer, pane, page, root: the element round the viewer, signal, complain(words)}. */
  constructor(place) {
    Object.assign(this, place);
    this.magnifier = new Magnifier(this.viewer);
    this.button = this.root.querySelector("[data-stage=lens]");
    this.button.addEventListener("click", () => this.toggleLens());
    this.tiles = watchTiles(this);
  }

  toggleLens() {
    this.magnifier.toggle();
    this.button.setAttribute("aria-pressed", String(this.magnifier.isOn));
  }

  /** Save what is seen as a PNG, so many times as fine as the screen. */
  async save(times = 1) {
    try {
      await saveView(this.viewer, captionOf(this, times), times);
    } catch (error) {
      console.error(error);
      this.complain(gettext("The picture could not be made. Try a smaller window."));
    }
    this.viewer.repaint();
  }
}

/** Wire the button for the full screen of a page. Gives what does the same. */
export function fullScreen(page) {
  const button = page.querySelector("[data-stage=screen]");
  const act = () => fillScreen(page);
  button.addEventListener("click", act);
  document.addEventListener(
    "fullscreenchange",
    () => button.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement))),
    { signal: page.signal },
  );
  return act;
}

/** stage(): of the viewer in hand; screen(): fill it or leave it. */
export function stageCommands({ stage, screen }) {
  const group = gettext("Moving");
  const one = (name, key, label, run) => ({ name, group, label, keys: [key], run });
  return [
    one("magnifier", "i", gettext("Magnifier, 4 times closer"), () => stage().toggleLens()),
    one("full-screen", "shift+f", gettext("Full screen"), screen),
    one("save-view", "s", gettext("Save this view as PNG"), () => stage().save()),
  ];
}

async function fillScreen(page) {
  if (await toggleFullScreen(page)) return;
  page.complain(
    gettext("This browser does not let a page fill the screen. Its own key for that, often F11, does the same."),
  );
}

/** What a saved picture says it is of. */
function captionOf({ page, pane, viewer, tiles }, times) {
  const { slide, words } = page;
  const isUnfit = pane.prediction?.isSynthetic && !slide.isSynthetic;
  const lines = [
    slide.isSynthetic ? `${slide.name} · ${words.synthetic}` : slide.name,
    pane.prediction && readingWords(pane),
    isUnfit && words.unfit,
    scaleWords(viewer, times),
    tiles.count > 0 && wordsOf(tiles),
  ];
  return { name: slide.name, lines, legend: legendOf(pane) };
}

function readingWords({ prediction, state }) {
  const words = gettext("%(version)s, threshold %(threshold)s");
  return filled(words, { version: prediction.version, threshold: decimals(state.threshold) });
}

function scaleWords({ umPerScreenPx, magnification, scene }, times) {
  if (!umPerScreenPx) return gettext("µm per pixel unknown");
  const mpp = significant(umPerScreenPx / scene.ratio / times, 3);
  const words = gettext("%(mpp)s µm per pixel, %(power)s");
  return filled(words, { mpp, power: magnificationLabel(magnification, language()) });
}

function watchTiles({ viewer, root, signal }) {
  const tiles = new MissingTiles(viewer);
  const notice = root.querySelector("[data-missing]");
  tiles.addEventListener("change", () => {
    const words = wordsOf(tiles);
    notice.hidden = !words;
    if (words) notice.querySelector("span").textContent = words;
  });
  notice.querySelector("button").addEventListener("click", () => tiles.retry());
  viewer.addEventListener("ready", () => {
    root.querySelector("[data-trouble]").hidden = true; // what could not be opened now is
  });
  window.addEventListener("online", () => tiles.retry(), { signal });
  signal.addEventListener("abort", () => tiles.end());
  return tiles;
}

function wordsOf(tiles) {
  if (tiles.isClosed) return gettext("The slide could not be opened: trying again.");
  const { count } = tiles;
  if (!count) return "";
  const words = ngettext(
    "%(n)s tile could not be read: trying again.",
    "%(n)s tiles could not be read: trying again.",
    count,
  );
  return filled(words, { n: wholeNumber(count) });
}
