// The commands of the page with several viewers, beside those of every reading page.

import { gettext } from "../words.js";

/** page: {add(), remove(), turnTo(places), swap(), toggleLink(name), togglePlace()} */
export function compareCommands(page) {
  const group = gettext("Side by side");
  const one = (name, key, label, run) => ({ name, group, label, keys: [key], run });
  return [
    one("next-viewer", ".", gettext("Next viewer"), () => page.turnTo(1)),
    one("previous-viewer", ",", gettext("Previous viewer"), () => page.turnTo(-1)),
    one("add-viewer", "v", gettext("Add a viewer"), () => page.add()),
    one("remove-viewer", "shift+v", gettext("Take the viewer in hand away"), () => page.remove()),
    one("swap", "x", gettext("Swap the viewer in hand with the next"), () => page.swap()),
    one("link-place", "l", gettext("Let place, zoom and turn go, or link them as they lie"), () =>
      page.togglePlace(),
    ),
    one("link-pan", "shift+p", gettext("Link the place"), () => page.toggleLink("pan")),
    one("link-zoom", "shift+z", gettext("Link the zoom"), () => page.toggleLink("zoom")),
    one("link-rotation", "shift+t", gettext("Link turn and mirror"), () => page.toggleLink("rotation")),
    one("link-layers", "shift+l", gettext("Link layers and colours"), () => page.toggleLink("layers")),
    one("link-threshold", "shift+h", gettext("Link the threshold"), () => page.toggleLink("threshold")),
  ];
}
