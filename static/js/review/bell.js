// <desk-bell data-from="...">: how many notices and alarms wait, asked for again once a minute while
// the page is in sight.

const CALM_MS = 60_000;

class DeskBell extends HTMLElement {
  connectedCallback() {
    this.ending = new AbortController();
    this.clock = setInterval(() => this.#look(), CALM_MS);
  }

  disconnectedCallback() {
    clearInterval(this.clock);
    this.ending.abort();
  }

  /** What is shown stays where nothing comes: somebody logged out, or there is no network. */
  async #look() {
    if (document.hidden || this.contains(document.activeElement)) return;
    const { signal } = this.ending;
    const answer = await fetch(this.dataset.from, { signal, redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const told = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.replaceChildren(...told.body.children);
  }
}

customElements.define("desk-bell", DeskBell);
