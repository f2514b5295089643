// <key-list>: a dialog with every command of the page and its keys.

import { gettext } from "../words.js";

const SIGNS = {
  arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", plus: "+", "-": "−",
  space: gettext("Space"), escape: "Esc", enter: "Enter", delete: gettext("Del"),
  backspace: "⌫", tab: "Tab", ctrl: gettext("Ctrl"), shift: gettext("Shift"), alt: "Alt",
};

/** A key as it stands on keyboards: "shift+r" is [Shift, R]. */
export function signsOf(key) {
  return key.split(/(?<=.)\+/).map((part) => SIGNS[part] ?? part.toUpperCase());
}

export class KeyList extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
  }

  /** Show the commands, or put the list away if it is open. */
  toggle(commands) {
    if (this.dialog.open) return this.dialog.close();
    this.querySelector("dl").replaceChildren(...grouped(commands));
    this.dialog.showModal();
  }
}

function grouped(commands) {
  const groups = Map.groupBy ? Map.groupBy(commands.all, (each) => each.group) : byGroup(commands.all);
  return [...groups].flatMap(([group, list]) => [
    element("dt", "keys-group", group),
    ...list.flatMap((command) => [keysOf(commands, command), element("dd", "", command.label)]),
  ]);
}

function byGroup(list) {
  const groups = new Map();
  for (const each of list) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}

function keysOf(commands, command) {
  const cell = element("dt", "");
  for (const key of commands.keysOf(command)) {
    cell.append(...signsOf(key).map((sign) => element("kbd", "", sign)), " ");
  }
  return cell;
}

function element(name, className, words = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = words;
  return made;
}

customElements.define("key-list", KeyList);
