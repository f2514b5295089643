// <work-list>: the worklist by keys. J and K move from row to row, Enter opens the row, X ticks it,
// digits choose saved views, / searches. At either end the next or the previous page follows.

import "../viewer/key-list.js";
import { Commands } from "../viewer/commands.js";
import { filled, gettext, ngettext } from "../words.js";

const TICKS = "input[name=item]";

class WorkList extends HTMLElement {
  connectedCallback() {
    this.commands = new Commands(this.dataset.user);
    this.commands.add([...this.#moves(), ...this.#others(), ...this.#views()]);
    this.over = new AbortController();
    this.commands.listen(this.over.signal);
    this.querySelector("[data-keys]").addEventListener("click", () => this.#help());
    this.addEventListener("change", ({ target }) => this.#ticked(target));
    this.#land();
    this.#tell();
  }

  disconnectedCallback() {
    this.over.abort();
  }

  #moves() {
    const group = gettext("Rows");
    return [
      { name: "work-next", group, label: gettext("Next row"), keys: ["j", "arrowdown"], isRepeated: true, run: () => this.#move(1) },
      { name: "work-previous", group, label: gettext("Previous row"), keys: ["k", "arrowup"], isRepeated: true, run: () => this.#move(-1) },
      { name: "work-open", group, label: gettext("Open the row"), keys: ["enter"], run: () => this.#open() },
      { name: "work-tick", group, label: gettext("Tick the row"), keys: ["x"], run: () => this.#tick() },
    ];
  }

  #others() {
    const group = gettext("List");
    return [
      { name: "work-search", group, label: gettext("Search"), keys: ["/"], run: () => this.#search() },
      { name: "work-help", group, label: gettext("All keys"), keys: ["?"], run: () => this.#help() },
    ];
  }

  #views() {
    const group = gettext("Saved views");
    return [...this.querySelectorAll("[data-digit]")].map((link) => ({
      name: `work-view-${link.dataset.digit}`,
      group,
      label: link.dataset.name,
      keys: [link.dataset.digit],
      run: () => link.click(),
    }));
  }

  get #rows() {
    return [...this.querySelectorAll("[data-work]")];
  }

  /** The row that has the focus, -1 for none. */
  get #held() {
    return this.#rows.indexOf(document.activeElement?.closest("[data-work]"));
  }

  #move(step) {
    const place = this.#held + step;
    if (this.#held < 0) this.#hold(step > 0 ? 0 : this.#rows.length - 1);
    else if (place < 0) this.#turn("prev");
    else if (place >= this.#rows.length) this.#turn("next");
    else this.#hold(place);
  }

  #hold(place) {
    const row = this.#rows[place];
    if (!row) return;
    const way = row.querySelector("[data-open]") ?? row.querySelector(TICKS);
    way.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  #turn(rel) {
    const link = this.querySelector(`.pages [rel=${rel}]`);
    if (!link) return;
    sessionStorage.setItem("work-list-hold", rel === "next" ? "first" : "last");
    link.click();
  }

  /** Hold the row that a person comes back to, or goes on with after a page was turned. */
  #land() {
    const wish = sessionStorage.getItem("work-list-hold");
    sessionStorage.removeItem("work-list-hold");
    const at = new URLSearchParams(location.search).get("at");
    if (at) this.#hold(this.#rows.findIndex((row) => row.dataset.work === at));
    else if (wish) this.#hold(wish === "first" ? 0 : this.#rows.length - 1);
  }

  #open() {
    this.#rows[Math.max(0, this.#held)]?.querySelector("[data-open]")?.click();
  }

  #tick() {
    this.#rows[this.#held]?.querySelector(TICKS).click();
  }

  #search() {
    const field = this.querySelector("[data-search]");
    field?.focus();
    field?.select();
  }

  #help() {
    document.querySelector("key-list").toggle(this.commands);
  }

  // Ticks ---------------------------------------------------------------------

  #ticked(target) {
    const boxes = [...this.querySelectorAll(TICKS)];
    if (target.closest("tick-rows")) for (const box of boxes) box.checked = target.checked;
    if (target.matches(TICKS) || target.closest("tick-rows")) this.#tell();
  }

  #tell() {
    const told = this.querySelector("[data-ticked]");
    if (!told) return;
    const n = this.querySelectorAll(`${TICKS}:checked`).length;
    const words = ngettext("With %(n)s ticked row", "With %(n)s ticked rows", n);
    told.closest(".work-acts").classList.toggle("has-ticks", n > 0);
    told.textContent = n ? filled(words, { n }) : gettext("With the ticked rows");
  }
}

customElements.define("work-list", WorkList);
