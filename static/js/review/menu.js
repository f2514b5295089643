// A menu of one key each, in the place of the verdict bar: reasons, classes.

export class Menu {
  isOpen = false;

  /** panel: [data-menu] with its name, choices and a button to close; bar: what it stands in for. */
  constructor(panel, bar) {
    Object.assign(this, { panel, bar, choices: [] });
    panel?.querySelector("[data-menu-close]").addEventListener("click", () => this.close());
  }

  /** choices: [[words, run]], chosen by the keys 1, 2, ... */
  open(name, choices) {
    Object.assign(this, { choices, isOpen: true });
    this.panel.querySelector("[data-menu-name]").textContent = name;
    const buttons = choices.map(([words], place) => this.#button(words, place));
    this.panel.querySelector("[data-menu-choices]").replaceChildren(...buttons);
    this.#show();
    buttons[0].focus({ preventScroll: true });
  }

  #button(words, place) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-sm" });
    const [name, key] = [document.createElement("span"), document.createElement("kbd")];
    name.textContent = words;
    key.textContent = String(place + 1);
    button.append(key, name);
    button.addEventListener("click", () => this.choose(place));
    return button;
  }

  choose(place) {
    const run = this.choices[place]?.[1];
    if (!run) return;
    this.close();
    run();
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#show();
    this.onClose?.();
  }

  #show() {
    this.panel.hidden = !this.isOpen;
    this.bar.hidden = this.isOpen;
  }
}
