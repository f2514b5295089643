// <row-filter data-table>: buttons that show only rows of one kind, by the row's data-kinds.

import { filled, gettext } from "../words.js";

class RowFilter extends HTMLElement {
  connectedCallback() {
    this.buttons = [...this.querySelectorAll("button")];
    for (const button of this.buttons) button.addEventListener("click", () => this.show(button));
    this.show(this.buttons[0]);
  }

  show(chosen) {
    const kind = chosen.dataset.show;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button === chosen));
    const rows = [...document.querySelectorAll(`#${this.dataset.table} tbody tr`)];
    const meant = rows.filter((row) => !kind || row.dataset.kinds.split(/\s+/).includes(kind));
    for (const row of rows) row.hidden = !meant.includes(row);
    const words = { n: meant.length, all: rows.length };
    this.querySelector("[data-count]").textContent = filled(gettext("%(n)s of %(all)s slides"), words);
  }
}

customElements.define("row-filter", RowFilter);
