// <findings-wall>: findings of many slides, judged by one key each. Arrows move over the pictures, A
// accepts, X and a digit reject, U takes back, Space shows the picture large, Enter opens the desk.

import "../viewer/key-list.js";
import { Commands } from "../viewer/commands.js";
import { filled, gettext, wholeNumber } from "../words.js";
import { stateWords } from "./finding-words.js";
import { Menu } from "./menu.js";
import { WallJudging } from "./wall-judging.js";

class FindingsWall extends HTMLElement {
  connectedCallback() {
    this.over = new AbortController();
    this.reasons = JSON.parse(document.getElementById("wall-reasons").textContent);
    this.judging = new WallJudging(this.dataset.query);
    this.menu = new Menu(this.querySelector("[data-menu]"), this.querySelector("[data-acts]"));
    this.menu.onClose = () => this.held?.focus({ preventScroll: true });
    this.close = this.querySelector(".wall-close");
    this.commands = new Commands(this.dataset.user);
    this.commands.add([...this.#moves(), ...this.#acts(), ...this.#choices(), ...this.#others()]);
    this.commands.listen(this.over.signal);
    this.#listen();
    for (const tile of this.tiles) this.#show(tile);
    this.#tell();
  }

  disconnectedCallback() {
    this.over.abort();
  }

  get tiles() {
    return [...this.querySelectorAll("[data-tile]")];
  }

  #listen() {
    this.addEventListener("focusin", ({ target }) => this.#hold(target.closest?.("[data-tile]")));
    this.addEventListener("click", ({ target }) => this.#clicked(target));
    this.addEventListener("dblclick", ({ target }) => target.closest("[data-tile]") && this.#look());
    this.judging.addEventListener("change", ({ detail }) => this.#judged(detail));
    const { signal } = this.over;
    window.addEventListener("beforeunload", (event) => this.judging.isBusy && event.preventDefault(), { signal });
  }

  #clicked(target) {
    const { act } = target.closest("[data-act]")?.dataset ?? {};
    if (act === "accept") return this.#accept();
    if (act === "reject") return this.#reject();
    if (act === "undo") return this.#undo();
    if (act === "look") return this.#look();
    if (act === "open") return this.#open();
    if (target.closest("[data-keys]")) return this.#help();
    return target.closest("[data-tile]")?.focus({ preventScroll: true });
  }

  // Keys ------------------------------------------------------------------------

  #moves() {
    const group = gettext("Findings");
    const isFree = () => !this.menu.isOpen;
    const move = (name, label, keys, run) => ({ name, group, label, keys, isRepeated: true, when: isFree, run });
    return [
      move("wall-next", gettext("Next finding"), ["n", "arrowright"], () => this.#step(1)),
      move("wall-previous", gettext("Previous finding"), ["p", "arrowleft"], () => this.#step(-1)),
      move("wall-down", gettext("The row below"), ["arrowdown"], () => this.#step(this.#columns)),
      move("wall-up", gettext("The row above"), ["arrowup"], () => this.#step(-this.#columns)),
    ];
  }

  #acts() {
    const group = gettext("Judging");
    const isFree = () => !this.menu.isOpen;
    const act = (name, label, keys, run) => ({ name, group, label, keys, when: isFree, run });
    return [
      act("wall-accept", gettext("Accept"), ["a"], () => this.#accept()),
      act("wall-reject", gettext("Reject, then a key for the reason"), ["x"], () => this.#reject()),
      act("wall-accept-group", gettext("Accept all of this group that are open"), ["shift+a"], () => this.#acceptGroup()),
      act("wall-undo", gettext("Take the last verdict back"), ["u", "ctrl+z"], () => this.#undo()),
      act("wall-look", gettext("Look closely"), ["space"], () => this.#look()),
      act("wall-open", gettext("Open at the desk"), ["enter"], () => this.#open()),
    ];
  }

  #choices() {
    const group = gettext("Reasons");
    const isOpen = () => this.menu.isOpen;
    const digits = this.reasons.map(([, label], place) => ({
      name: `wall-reason-${place + 1}`, group, label, keys: [String(place + 1)], when: isOpen,
      run: () => this.menu.choose(place),
    }));
    const cancel = { name: "wall-cancel", group, label: gettext("Not reject after all"), keys: ["escape"], when: isOpen, run: () => this.menu.close() };
    return [...digits, cancel];
  }

  #others() {
    const group = gettext("List");
    return [
      { name: "wall-search", group, label: gettext("Search"), keys: ["/"], run: () => this.querySelector("[data-search]").focus() },
      { name: "wall-help", group, label: gettext("All keys"), keys: ["?"], run: () => this.#help() },
    ];
  }

  #help() {
    document.querySelector("key-list").toggle(this.commands);
  }

  // Moving ------------------------------------------------------------------------

  #hold(tile) {
    if (!tile) return;
    this.held?.classList.remove("is-held");
    this.held = tile;
    tile.classList.add("is-held");
  }

  #take(tile) {
    if (!tile) return;
    this.#hold(tile);
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: "nearest" });
    if (this.close.open) this.#fillClose();
  }

  #step(places) {
    const { tiles } = this;
    const at = tiles.indexOf(this.held);
    if (at < 0) return this.#take(tiles.at(places > 0 ? 0 : -1));
    return this.#take(tiles[at + places]);
  }

  get #columns() {
    const { tiles } = this;
    const top = tiles[0]?.offsetTop;
    return Math.max(1, tiles.findIndex((tile) => tile.offsetTop !== top) || 1);
  }

  #onward() {
    const { tiles } = this;
    const after = tiles.slice(tiles.indexOf(this.held) + 1);
    this.#take(after.find((tile) => tile.dataset.state === "open"));
  }

  // Judging -----------------------------------------------------------------------

  #accept() {
    if (this.held) this.#say(this.held, { kind: "accepted" });
  }

  #reject() {
    if (!this.held || this.#isClosed(this.held)) return;
    const tile = this.held;
    const choices = this.reasons.map(([name, words]) => [words, () => this.#say(tile, { kind: "rejected", because: name })]);
    this.menu.open(gettext("Rejected because of"), choices);
  }

  #acceptGroup() {
    const part = (this.held ?? this.tiles[0])?.closest(".wall-part");
    for (const tile of part?.querySelectorAll("[data-tile][data-state=open]") ?? []) {
      if (!("closed" in tile.dataset)) this.judging.say(tile, { kind: "accepted" });
    }
  }

  #say(tile, body) {
    if (this.#isClosed(tile)) return;
    this.judging.say(tile, body);
    this.#onward();
  }

  #isClosed(tile) {
    if (!("closed" in tile.dataset)) return false;
    this.#complain(tile, gettext("This slide is signed: supersede its review at the desk to say otherwise."));
    return true;
  }

  async #undo() {
    this.#take(await this.judging.undo());
  }

  /** detail: {tile, trouble} after something was said, taken or refused. */
  #judged({ tile, trouble }) {
    this.#show(tile);
    this.#complain(tile, trouble);
    this.#tell();
  }

  #complain(tile, words) {
    const place = tile.querySelector(".wall-trouble");
    place.textContent = words;
    place.hidden = !words;
  }

  #show(tile) {
    const { state, because } = tile.dataset;
    tile.classList.remove("is-open", "is-accepted", "is-rejected");
    tile.classList.add(`is-${state}`);
    tile.querySelector("[data-state-words]").textContent = state === "open" ? "" : stateWords({ state, because }, this.reasons);
  }

  #tell() {
    const judged = this.tiles.filter((tile) => tile.dataset.state !== "open").length;
    const place = this.querySelector("[data-judged]");
    if (place) place.textContent = wholeNumber(judged);
    const saving = this.querySelector("[data-saving]");
    if (saving) saving.textContent = this.judging.isBusy ? gettext("saving …") : this.#savedWords();
  }

  #savedWords() {
    const { savedAt } = this.judging;
    if (!savedAt) return "";
    return filled(gettext("saved %(time)s"), { time: savedAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) });
  }

  // Looking ------------------------------------------------------------------------

  #look() {
    if (this.close.open) return this.close.close();
    if (!this.held) return undefined;
    this.#fillClose();
    return this.close.showModal();
  }

  #fillClose() {
    const picture = this.close.querySelector("img");
    picture.src = `${this.held.querySelector("img").src}?large=1`;
    picture.alt = this.held.getAttribute("aria-label");
    this.close.querySelector("figcaption").textContent = this.held.getAttribute("aria-label");
  }

  async #open() {
    if (!this.held) return;
    const tile = this.held;
    try {
      location.assign(await this.judging.deskAddress(tile));
    } catch (error) {
      this.#complain(tile, error.message);
    }
  }
}

customElements.define("findings-wall", FindingsWall);
