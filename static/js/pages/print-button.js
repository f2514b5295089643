// <print-button>: the page as paper wants it. Folds are opened and pictures fetched before the
// browser prints, by this button or its key, and all is as it was afterwards. Numbers of curves
// stay folded: there they would be columns of half a page; the PDF has them.

const FOLDED = "main details:not([open], .charts details), main [data-later][hidden]";

class PrintButton extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.button.hidden = false;
    this.opened = [];
    this.ends = new AbortController();
    const { signal } = this.ends;
    this.button.addEventListener("click", () => this.print(), { signal });
    addEventListener("keydown", (event) => this.key(event), { signal });
    addEventListener("beforeprint", () => this.open(), { signal });
    addEventListener("afterprint", () => this.close(), { signal });
  }

  disconnectedCallback() {
    this.ends.abort();
  }

  /** The browser would not wait for pictures. */
  key(event) {
    if (event.key !== "p" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.print();
  }

  async print() {
    this.button.disabled = true;
    this.open();
    await Promise.allSettled(pictures().map((picture) => picture.decode()));
    this.button.disabled = false;
    print();
  }

  open() {
    for (const picture of pictures()) picture.loading = "eager";
    for (const part of document.querySelectorAll(FOLDED)) {
      this.opened.push(part);
      if (part.matches("details")) part.open = true;
      else part.hidden = false;
    }
  }

  close() {
    for (const part of this.opened) {
      if (part.matches("details")) part.open = false;
      else part.hidden = true;
    }
    this.opened = [];
  }
}

function pictures() {
  return [...document.querySelectorAll("main img")];
}

customElements.define("print-button", PrintButton);
