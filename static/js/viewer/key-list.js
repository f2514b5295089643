// <key-list>: a dialog with every command of the page and its keys, searched by typing. Each
// command can be given another key; who has the key already is named before it is taken.

import { filled, gettext } from "../words.js";
import { isWholeKey, keyOf } from "./commands.js";

const SIGNS = {
  arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓", plus: "+", "-": "−",
  space: gettext("Space"), escape: "Esc", enter: gettext("Enter"), delete: gettext("Del"),
  backspace: "⌫", tab: "Tab", ctrl: gettext("Ctrl"), shift: gettext("Shift"), alt: "Alt",
};

/** A key as it stands on keyboards: "shift+r" is [Shift, R]. */
export function signsOf(key) {
  return key.split(/(?<=.)\+/).map((part) => SIGNS[part] ?? part.toUpperCase());
}

export class KeyList extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.search = this.querySelector("input");
    this.said = this.querySelector(".keys-said");
    this.search.addEventListener("input", () => this.#filter());
    this.dialog.addEventListener("keydown", (event) => this.#typed(event));
    this.dialog.addEventListener("cancel", (event) => this.#cancelled(event));
    this.dialog.addEventListener("click", (event) => this.#clicked(event.target));
  }

  /** Show the commands, or put the list away if it is open. */
  toggle(commands) {
    if (this.dialog.open) return this.dialog.close();
    this.commands = commands;
    this.search.value = "";
    this.#say("");
    this.#draw();
    this.dialog.showModal();
  }

  #draw() {
    this.awaited = null;
    const groups = [...grouped(this.commands.all)].map(([name, list]) => this.#section(name, list));
    this.querySelector(".keys-groups").replaceChildren(...groups);
    this.querySelector("[data-usual-keys]").disabled = !this.commands.areChanged;
    this.#filter();
  }

  #section(name, list) {
    const section = element("section", "keys-group");
    section.append(element("h3", "", name), ...list.map((command) => this.#line(command)));
    return section;
  }

  #line(command) {
    const line = element("div", "keys-line");
    line.dataset.command = command.name;
    const keys = this.commands.keysOf(command);
    const cell = element("span", "keys-of");
    for (const key of keys) {
      const one = element("span", "keys-one");
      one.append(...signsOf(key).map((sign) => element("kbd", "", sign)));
      cell.append(one);
    }
    if (!keys.length) cell.append(element("span", "quiet", gettext("none")));
    const change = element("button", "keys-change", gettext("Change"));
    change.type = "button";
    change.setAttribute("aria-label", filled(gettext("Change the key of: %(what)s"), { what: command.label }));
    line.append(cell, element("span", "keys-label", command.label), change);
    return line;
  }

  /** Show the commands whose words or keys hold what was typed. */
  #filter() {
    const sought = this.search.value.trim().toLowerCase();
    for (const section of this.querySelectorAll(".keys-group")) {
      const lines = [...section.querySelectorAll(".keys-line")];
      for (const line of lines) line.hidden = !wordsOf(line).includes(sought);
      section.hidden = lines.every((line) => line.hidden);
    }
  }

  #typed(event) {
    if (this.awaited) return this.#take(event);
    if (event.key === "?" && !this.search.value) {
      event.preventDefault();
      this.dialog.close();
    } else if (/^[\p{L}\p{N}]$/u.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
      this.search.focus(); // the letter then lands in it
    }
  }

  /** Escape gives up a change first, then closes the list. */
  #cancelled(event) {
    if (!this.awaited) return;
    event.preventDefault();
    this.#giveUp();
  }

  #clicked(target) {
    if (target.closest("[data-close]")) this.dialog.close();
    else if (target.closest("[data-usual-keys]")) this.#usual();
    else if (target.closest("[data-take]")) this.#remap(target.closest("[data-take]").dataset.take);
    else if (target.closest("[data-keep]")) this.#giveUp();
    else if (target.closest(".keys-change")) this.#await(target.closest(".keys-line"));
  }

  #usual() {
    this.commands.reset();
    this.#draw();
    this.#say(gettext("All commands have their usual keys."));
    this.search.focus();
  }

  #await(line) {
    this.#draw();
    this.awaited = line.dataset.command;
    const { label } = this.#command();
    this.#lineOf(this.awaited).classList.add("is-awaited");
    this.#lineOf(this.awaited).querySelector("button").focus();
    this.#say(filled(gettext("Press the new key for “%(what)s”. Escape leaves it as it is."), { what: label }));
  }

  #take(event) {
    if (event.key === "Escape") return; // the dialog's own "cancel" follows
    if (!isWholeKey(event) || event.target.closest("[data-take], [data-keep]")) return;
    event.preventDefault();
    if (event.key === "Tab") return this.#giveUp();
    const key = keyOf(event);
    const holder = this.commands.holder(this.awaited, key);
    if (holder) this.#ask(key, holder);
    else this.#remap(key);
  }

  #ask(key, holder) {
    const words = gettext("%(key)s belongs to “%(what)s”.");
    this.#say(filled(words, { key: signsOf(key).join(" + "), what: holder.label }));
    const take = element("button", "btn btn-sm", gettext("Take it from there"));
    const keep = element("button", "btn btn-sm", gettext("Leave it"));
    take.dataset.take = key;
    keep.dataset.keep = "";
    for (const button of [take, keep]) button.type = "button";
    this.said.append(" ", take, " ", keep);
    keep.focus();
  }

  #remap(key) {
    const { name, label } = this.#command();
    this.commands.remap(name, key);
    this.#draw();
    const words = gettext("“%(what)s” now has %(key)s.");
    this.#say(filled(words, { what: label, key: signsOf(key).join(" + ") }));
    this.#lineOf(name).querySelector("button").focus();
  }

  #giveUp() {
    const name = this.awaited;
    this.#draw();
    this.#say("");
    this.#lineOf(name).querySelector("button").focus();
  }

  #command() {
    return this.commands.all.find((each) => each.name === this.awaited);
  }

  #lineOf(name) {
    return this.querySelector(`[data-command="${name}"]`);
  }

  #say(words) {
    this.said.textContent = words;
  }
}

function grouped(list) {
  const groups = new Map();
  for (const each of list) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  return groups;
}

function wordsOf(line) {
  const keys = [...line.querySelectorAll("kbd")].map((key) => key.textContent).join(" ");
  return `${line.querySelector(".keys-label").textContent} ${keys}`.toLowerCase();
}

function element(name, className, words = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = words;
  return made;
}

customElements.define("key-list", KeyList);
