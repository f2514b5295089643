// The keys that a page names on its buttons and in its hints, as the reader has given them.

import { signsOf } from "./key-list.js";

const [SHIFT] = signsOf("shift");

/**
 * Keep every [data-keys-of="command command"] of root true: its <kbd>s name the first key of those
 * commands, one after the other; without a <kbd> its title names it in brackets.
 */
export function keepKeysTrue(root, commands, signal) {
  const show = () => {
    for (const place of root.querySelectorAll("[data-keys-of]")) mark(place, commands);
  };
  show();
  commands.addEventListener("change", show, { signal });
}

function mark(place, commands) {
  const names = place.dataset.keysOf.split(" ");
  const signs = names.map((name) => shortSigns(commands.firstKeyOf(name)));
  const keys = place.querySelectorAll("kbd");
  keys.forEach((key, i) => {
    key.textContent = signs[i];
    key.hidden = !signs[i];
  });
  if (!keys.length) place.title = place.title.replace(/ \([^()]*\)$/, "") + (signs[0] && ` (${signs[0]})`);
}

/** "shift+m" as ⇧M, "ctrl+z" as Ctrl+Z; nothing for no key. */
function shortSigns(key) {
  return key ? signsOf(key).join("+").replace(`${SHIFT}+`, "⇧") : "";
}
