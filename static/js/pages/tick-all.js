// <tick-all>: buttons that tick all or none of the boxes of their fieldset.

class TickAll extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const wish = event.target.dataset.tick;
      if (!wish) return;
      for (const box of this.closest("fieldset, form").querySelectorAll("input[type=checkbox]")) {
        box.checked = wish === "on";
      }
    });
  }
}

customElements.define("tick-all", TickAll);
