// A round lens of bare tissue that follows the cursor, or stands in the middle without one. It is
// a small viewer of the same slide, so it is as sharp as the slide allows.

const TIMES = 4;

export class Magnifier {
  constructor(viewer) {
    this.viewer = viewer;
    this.place = null;
    viewer.addEventListener("pointermove", (event) => this.#pointed(event));
    viewer.addEventListener("pointerleave", () => this.#point(null));
    viewer.addEventListener("viewchange", () => this.#follow());
  }

  get isOn() {
    return Boolean(this.lens);
  }

  toggle() {
    if (this.lens) {
      this.lens.remove();
      this.lens = null;
      return;
    }
    this.lens = document.createElement("div");
    this.lens.className = "lens";
    this.lens.setAttribute("aria-hidden", "true");
    this.tissue = document.createElement("slide-viewer");
    Object.assign(this.tissue.dataset, { ...this.viewer.dataset, plain: "" });
    this.tissue.addEventListener("ready", () => this.#follow());
    this.lens.append(this.tissue);
    this.viewer.after(this.lens);
    this.#follow();
  }

  #pointed(event) {
    const edge = this.viewer.getBoundingClientRect();
    this.#point({ x: event.clientX - edge.left, y: event.clientY - edge.top });
  }

  #point(place) {
    this.place = place;
    this.#follow();
  }

  #follow() {
    if (!this.lens || !this.viewer.isOpen) return;
    const { viewer, lens } = this;
    const place = this.place ?? { x: viewer.clientWidth / 2, y: viewer.clientHeight / 2 };
    const side = lens.clientWidth;
    lens.style.transform = `translate(${place.x - side / 2}px, ${place.y - side / 2}px)`;
    const width = side / (viewer.scale * TIMES);
    this.tissue.show({ ...viewer.view, ...viewer.toLevel0(place), width }, true);
  }
}
