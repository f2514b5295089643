// What a reader does with the stage besides moving: lens, full screen, the view as a picture; and
// what it says of tiles that could not be read. Part of the slide's page.

import { filled, gettext, ngettext, wholeNumber } from "../words.js";
import { toggleFullScreen } from "./full-screen.js";
import { Magnifier } from "./magnifier.js";
import { MissingTiles } from "./missing-tiles.js";

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
  for (const [name, act] of Object.entries(acts)) {
    reader.querySelector(`[data-stage=${name}]`).addEventListener("click", act);
  }
  reader.commands.add(commands(acts));
  document.addEventListener(
    "fullscreenchange",
    () => press(reader, "screen", Boolean(document.fullscreenElement)),
    { signal: reader.signal },
  );
  watchTiles(reader);
}

function commands({ lens, screen }) {
  const group = gettext("Moving");
  return [
    { name: "magnifier", group, label: gettext("Magnifier, 4 times closer"), keys: ["i"], run: lens },
    { name: "full-screen", group, label: gettext("Full screen"), keys: ["shift+f"], run: screen },
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
