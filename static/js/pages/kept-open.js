// <kept-open>: a part that is folded or open stays so while the page is fetched anew around it.

const open = new Set();

class KeptOpen extends HTMLElement {
  connectedCallback() {
    const details = this.querySelector("details");
    const name = details.querySelector("summary").textContent.trim();
    details.open = details.open || open.has(name);
    details.addEventListener("toggle", () => {
      if (!this.isConnected) return;
      if (details.open) open.add(name);
      else open.delete(name);
    });
  }
}

customElements.define("kept-open", KeptOpen);
