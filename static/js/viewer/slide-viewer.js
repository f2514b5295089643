// <slide-viewer data-dzi data-width data-height data-mpp>: tissue, layers, scale bar, minimap.
// Fires "viewchange" while the view moves, "viewrest" when it came to rest, "point" with the
// level-0 point under the cursor, "lead" when a person takes hold of it.

import * as geometry from "./geometry.js";
import { LayerPainter } from "./layers.js";

const SCALE_BAR_PX = 160;
const CLOSEST_SCREEN_PX_PER_PX = 8;

export class SlideViewer extends HTMLElement {
  look = { layers: {}, opacity: 1, style: "heat" };
  picture = null;
  truth = null;

  connectedCallback() {
    this.size = { width: Number(this.dataset.width), height: Number(this.dataset.height) };
    this.mpp = Number(this.dataset.mpp) || null;
    this.painter = new LayerPainter();
    this.viewer = window.OpenSeadragon({ ...this.#options(), element: this });
    this.overlay = document.createElement("canvas");
    this.overlay.className = "viewer-overlay";
    this.viewer.canvas.append(this.overlay);
    this.viewer.canvas.setAttribute("aria-label", this.dataset.label ?? "");
    this.viewer.canvas.setAttribute("role", "application");
    this.#listen();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    this.viewer.destroy();
  }

  #options() {
    return {
      tileSources: this.dataset.dzi,
      drawer: "canvas", // the WebGL drawer changes the brightness of half-clear layers
      keyboardNavEnabled: false, // keys belong to the page, which lists them all
      showNavigationControl: false,
      showNavigator: !this.hasAttribute("data-plain"),
      navigatorPosition: "BOTTOM_RIGHT",
      navigatorSizeRatio: 0.17,
      navigatorAutoFade: false,
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.5,
      maxZoomPixelRatio: CLOSEST_SCREEN_PX_PER_PX,
      minZoomImageRatio: 0.7,
      visibilityRatio: 0.4,
      constrainDuringPan: true,
      zoomPerScroll: 1.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      imageLoaderLimit: 8,
      tileRetryMax: 2,
      placeholderFillStyle: "#ffffff",
    };
  }

  #listen() {
    const { viewer } = this;
    viewer.addHandler("open", () => this.#opened());
    viewer.addHandler("open-failed", () => this.#tell("failed"));
    viewer.addHandler("update-viewport", () => this.repaint());
    viewer.addHandler("animation-finish", () => this.#tell("viewrest"));
    for (const gesture of ["canvas-press", "canvas-scroll", "canvas-pinch"]) {
      viewer.addHandler(gesture, () => this.#tell("lead"));
    }
    this.addEventListener("pointermove", (event) => this.#point(event));
    this.addEventListener("pointerleave", () => this.#tell("point", null));
  }

  #opened() {
    this.isOpen = true;
    if (this.pending) this.show(this.pending, true);
    this.#tell("ready");
    this.repaint();
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #point(event) {
    const edge = this.getBoundingClientRect();
    this.#tell("point", this.#toLevel0(event.clientX - edge.left, event.clientY - edge.top));
  }

  #toLevel0(x, y) {
    if (!this.isOpen) return null;
    const image = this.viewer.world.getItemAt(0);
    return image.viewerElementToImageCoordinates(new window.OpenSeadragon.Point(x, y));
  }

  /** The affine map from level-0 px to px of this element, turned and mirrored as the view is. */
  get map() {
    const image = this.viewer.world.getItemAt(0);
    const span = this.size.width;
    const place = (x, y) =>
      image.imageToViewerElementCoordinates(new window.OpenSeadragon.Point(x, y));
    return geometry.affine(place(0, 0), place(span, 0), place(0, span), span);
  }

  /** Where a level-0 point lies in this element. */
  toScreen(point) {
    return geometry.apply(this.map, point);
  }

  /** Screen px per level-0 px at this moment. */
  get scale() {
    return this.isOpen ? geometry.scaleOf(this.map) : null;
  }

  /** Centre and width of the view in level-0 px, and its rotation in degrees. */
  get view() {
    if (!this.isOpen) return this.pending ?? {};
    const centre = this.#toLevel0(this.clientWidth / 2, this.clientHeight / 2);
    const rotation = this.viewer.viewport.getRotation(true) % 360;
    return { x: centre.x, y: centre.y, width: this.clientWidth / this.scale, rotation };
  }

  /** Move to a view as `view` gives it; a part that is missing stays as it is. */
  show(view, isImmediate = false) {
    if (!this.isOpen) {
      this.pending = view;
      return;
    }
    const { viewport } = this.viewer;
    if (Number.isFinite(view.rotation)) viewport.setRotation(view.rotation, true);
    if (view.width > 0) {
      viewport.zoomTo(viewport.imageToViewportZoom(this.clientWidth / view.width), null, isImmediate);
    }
    if (Number.isFinite(view.x) && Number.isFinite(view.y)) {
      viewport.panTo(viewport.imageToViewportCoordinates(view.x, view.y), isImmediate);
    }
    this.viewer.forceRedraw();
  }

  /** A person, or a key of theirs, moves this viewer: linked ones follow it. */
  lead() {
    this.#tell("lead");
  }

  zoomBy(factor) {
    this.lead();
    this.viewer.viewport.zoomBy(factor);
    this.viewer.viewport.applyConstraints();
  }

  /** Show at an objective's magnification; without um per px nothing can be promised. */
  zoomToMagnification(power) {
    if (!this.mpp) return;
    this.lead();
    this.show({ ...this.view, width: (this.clientWidth * 10) / power / this.mpp });
  }

  panBy(right, down) {
    this.lead();
    const bounds = this.viewer.viewport.getBounds();
    const step = new window.OpenSeadragon.Point(right * bounds.width, down * bounds.height);
    const turned = step.rotate(-this.viewer.viewport.getRotation());
    this.viewer.viewport.panBy(turned);
    this.viewer.viewport.applyConstraints();
  }

  rotateBy(degrees) {
    this.lead();
    const { viewport } = this.viewer;
    viewport.setRotation((viewport.getRotation() + degrees + 360) % 360);
  }

  home() {
    this.lead();
    this.viewer.viewport.setRotation(0);
    this.viewer.viewport.goHome();
  }

  /** Ask for a fresh paint; many asks in one frame are one paint. */
  repaint() {
    if (this.frame || !this.isOpen) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.#paint();
    });
  }

  #paint() {
    const ratio = window.devicePixelRatio || 1;
    this.#fit(ratio);
    const { picture, truth, look, map, size } = this;
    const context = this.overlay.getContext("2d");
    this.painter.paint(context, { map, ratio, size, picture, truth, look });
    this.#tell("viewchange");
  }

  #fit(ratio) {
    const width = Math.round(this.clientWidth * ratio);
    const height = Math.round(this.clientHeight * ratio);
    if (this.overlay.width !== width) this.overlay.width = width;
    if (this.overlay.height !== height) this.overlay.height = height;
  }

  /** um per screen px, null where um per px is unknown. */
  get umPerScreenPx() {
    return this.mpp && this.scale ? this.mpp / this.scale : null;
  }

  get scaleBar() {
    return geometry.scaleBar(this.umPerScreenPx, SCALE_BAR_PX);
  }

  get magnification() {
    return geometry.magnification(this.umPerScreenPx);
  }
}

customElements.define("slide-viewer", SlideViewer);
