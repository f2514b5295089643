// <dependent-fields>: hides parts of a form that mean nothing with what is chosen elsewhere.
// data-shown-for="name=a|b": shown while the input called name has the value a or b.
// Without this script all is shown, and the server minds what does not go together.

class DependentFields extends HTMLElement {
  connectedCallback() {
    this.refresh = () => this.#refresh();
    this.addEventListener("change", this.refresh);
    this.refresh();
  }

  disconnectedCallback() {
    this.removeEventListener("change", this.refresh);
  }

  #refresh() {
    const form = this.closest("form");
    for (const part of this.querySelectorAll("[data-shown-for]")) {
      const { name, values } = condition(part.dataset.shownFor);
      part.hidden = !values.includes(form.elements[name]?.value);
    }
  }
}

/** "name=a|b" as {name, values}. */
export function condition(words) {
  const [name, values] = words.split("=");
  return { name, values: values.split("|") };
}

customElements.define("dependent-fields", DependentFields);
