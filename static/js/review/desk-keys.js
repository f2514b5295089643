// The keys of the desk. What the desk needs is taken from the commands of reading, which have others.

import { Commands } from "../viewer/commands.js";
import { filled, gettext } from "../words.js";

const OTHERS = { ruler: ["l"], closer: ["=", "z"] }; // keys that reading has there
const OURS = new Set([
  ...["a", "x", "d", "m", "c", "plus", "u", "k", "v", "enter", "ctrl+z", "shift+a"],
  ...["shift+1", "shift+2", "shift+3", "shift+4"],
]);

export class DeskCommands extends Commands {
  add(commands) {
    super.add(commands.map((command) => (command.isOurs || command.when ? command : spared(command))));
  }
}

function spared(command) {
  const keys = OTHERS[command.name] ?? command.keys.filter((key) => !OURS.has(key));
  return { ...command, keys };
}

/** desk: as judging-part.js makes it. */
export function deskCommands(desk) {
  const group = gettext("Review");
  const ours = (commands) => commands.map((each) => ({ group, isOurs: true, ...each }));
  const free = () => desk.isFree;
  const one = (name, key, label, run) => ({ name: `review-${name}`, keys: [key].flat(), label, run, when: free });
  return ours([
    one("accept", "a", gettext("Accept the finding"), () => desk.accept()),
    one("reject", "x", gettext("Reject it, then a reason from 1 to 8"), () => desk.reject()),
    one("accept-rest", "shift+a", gettext("Accept all that is still open"), () => desk.acceptRest()),
    one("redraw", "d", gettext("Correct its outline"), () => desk.redraw()),
    one("measure", "m", gettext("Measure it with the caliper"), () => desk.measure()),
    one("reclassify", "c", gettext("Another class, then 1 to 3"), () => desk.reclassify()),
    one("add", "plus", gettext("Add a finding that was missed"), () => desk.addMissed()),
    one("undo", ["u", "ctrl+z"], gettext("Undo the last step"), () => desk.undo()),
    one("sign", "enter", gettext("Sign; what is left is asked once"), () => desk.sign()),
    one("suggestion", "v", gettext("Take the suggested class of the slide"), () => desk.takeSuggestion()),
    ...conclusions(desk, free),
    ...choices(desk),
  ]);
}

function conclusions(desk, when) {
  return desk.conclusions.map(([name, label], place) => ({
    ...{ name: `conclude-${name}`, keys: [`shift+${place + 1}`], when },
    label: filled(gettext("The slide: %(class)s"), { class: label }),
    run: () => desk.conclude(name),
  }));
}

function choices(desk) {
  const { menu } = desk;
  const when = () => menu?.isOpen;
  const numbers = Array.from({ length: 8 }, (_, place) => ({
    ...{ name: `review-choice-${place + 1}`, keys: [String(place + 1)], when },
    label: filled(gettext("Choice %(n)s of the menu"), { n: place + 1 }),
    run: () => menu.choose(place),
  }));
  const close = { name: "review-menu-close", keys: ["escape"], when, label: gettext("Leave the menu") };
  return [...numbers, { ...close, run: () => menu.close() }];
}
