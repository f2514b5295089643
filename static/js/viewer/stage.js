// What a reader does with the stage besides moving: lens, full screen, the view as a picture; and
// what it says of tiles that could not be read. Part of the slide's page.

import { decimals, filled, gettext, language, ngettext, significant, wholeNumber } from "../words.js";
import { legendOf } from "../maps/legend.js";
import { toggleFullScreen } from "./full-screen.js";
import { magnificationLabel } from "./geometry.js";
import { Magnifier } from "./magnifier.js";
import { MissingTiles } from "./missing-tiles.js";
import { saveView } from "./view-export.js";

/** Add lens, full screen and the notice of missing tiles to a reader. */
export function connect(reader) {
  const magnifier = new Magnifier(reader.viewer);
  const acts = {
    lens: () => {
      magnifier.toggle();
      press(reader, "lens", magnifier.isOn);
    },
    screen: () => fillScreen(reader),
  };
  const tiles = watchTiles(reader);
  const save = (times) => savePicture(reader, tiles, times);
  for (const button of reader.querySelectorAll("[data-save-view]")) {
    button.addEventListener("click", () => save(Number(button.dataset.saveView)));
  }
  for (const [name, act] of Object.entries(acts)) {
    reader.querySelector(`[data-stage=${name}]`).addEventListener("click", act);
  }
  reader.commands.add(commands({ ...acts, save }));
  document.addEventListener(
    "fullscreenchange",
    () => press(reader, "screen", Boolean(document.fullscreenElement)),
    { signal: reader.signal },
  );
}

function commands({ lens, screen, save }) {
  const group = gettext("Moving");
  return [
    { name: "magnifier", group, label: gettext("Magnifier, 4 times closer"), keys: ["i"], run: lens },
    { name: "full-screen", group, label: gettext("Full screen"), keys: ["shift+f"], run: screen },
    { name: "save-view", group, label: gettext("Save this view as PNG"), keys: ["s"], run: () => save(1) },
  ];
}

function press(reader, name, isOn) {
  reader.querySelector(`[data-stage=${name}]`).setAttribute("aria-pressed", String(isOn));
}

async function fillScreen(reader) {
  if (await toggleFullScreen(reader)) return;
  reader.complain(
    gettext("This browser does not let a page fill the screen. Its own key for that, often F11, does the same."),
  );
}

async function savePicture(reader, tiles, times) {
  try {
    await saveView(reader.viewer, captionOf(reader, tiles, times), times);
  } catch (error) {
    console.error(error);
    reader.complain(gettext("The picture could not be made. Try a smaller window."));
  }
  reader.viewer.repaint();
}

/** What a saved picture says it is of. */
function captionOf(reader, tiles, times) {
  const { page, pane, viewer } = reader;
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

function watchTiles(reader) {
  const tiles = new MissingTiles(reader.viewer);
  const notice = reader.querySelector("[data-missing]");
  tiles.addEventListener("change", () => {
    const words = wordsOf(tiles);
    notice.hidden = !words;
    if (words) notice.querySelector("span").textContent = words;
  });
  notice.querySelector("button").addEventListener("click", () => tiles.retry());
  reader.viewer.addEventListener("ready", () => {
    reader.querySelector("[data-trouble]").hidden = true; // what could not be opened now is
  });
  window.addEventListener("online", () => tiles.retry(), { signal: reader.signal });
  reader.signal.addEventListener("abort", () => tiles.end());
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
