// <drop-zone>: a file input that also takes a dropped file and tells its name.

class DropZone extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input[type=file]");
    const name = this.querySelector("output");
    const tell = () => {
      name.textContent = input.files[0]?.name ?? "";
    };
    input.addEventListener("change", tell);
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.classList.add("is-over");
    });
    this.addEventListener("dragleave", () => this.classList.remove("is-over"));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.classList.remove("is-over");
      input.files = event.dataTransfer.files;
      tell();
    });
  }
}

customElements.define("drop-zone", DropZone);
