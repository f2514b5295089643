// <slide-viewer data-dzi data-width data-height data-mpp>: tissue, layers, scale bar, minimap.
// Fires "viewchange" while the view moves, "viewrest" when it came to rest, "point" with the
// level-0 point under the cursor, "lead" when a person takes hold of it, "toolchange".

import * as geometry from "./geometry.js";
import { LayerPainter } from "./layers.js";
import { addLayerTo } from "./layer.js";
import "./slide-minimap.js";
import { ToolHand } from "./tool-hand.js";
import { language } from "../words.js";

const SCALE_BAR_PX = 160;
const CLOSEST_SCREEN_PX_PER_PX = 8;

export class SlideViewer extends HTMLElement {
  /** What the masks are painted of: {look, picture, pair, truth, tissue}, as a pane gives it. */
  shown = {};
  early = new Set();

  connectedCallback() {
    this.size = { width: Number(this.dataset.width), height: Number(this.dataset.height) };
    this.mpp = Number(this.dataset.mpp) || null;
    this.layers = [];
    this.viewer = window.OpenSeadragon({ ...this.#options(), element: this });
    this.#measure();
    this.sizes = new ResizeObserver(() => this.#measure());
    this.sizes.observe(this);
    this.hand = new ToolHand(this);
    if (!this.hasAttribute("data-plain")) this.#addMinimap();
    const painter = new LayerPainter();
    this.masks = this.addLayer({
      order: 0,
      paint: (context, scene) => painter.paint(context, { ...scene, ...this.shown }),
    });
    this.viewer.canvas.setAttribute("aria-label", this.dataset.label ?? "");
    this.viewer.canvas.setAttribute("role", "application");
    this.#listen();
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    this.hand.letGo();
    this.sizes.disconnect();
    this.viewer.destroy();
  }

  /** Its own size in px, kept: to ask for it after every change lays the page out anew. */
  #measure() {
    this.extent = { width: this.clientWidth, height: this.clientHeight };
  }

  #addMinimap() {
    this.minimap = document.createElement("slide-minimap");
    this.append(this.minimap);
  }

  #options() {
    return {
      tileSources: this.dataset.dzi,
      drawer: "canvas", // the WebGL drawer changes the brightness of half-clear layers
      keyboardNavEnabled: false, // keys belong to the page, which lists them all
      showNavigationControl: false,
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.5,
      maxZoomPixelRatio: CLOSEST_SCREEN_PX_PER_PX,
      minZoomImageRatio: 0.7,
      visibilityRatio: 0.4,
      constrainDuringPan: true,
      zoomPerScroll: 1.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      imageLoaderLimit: 8,
      maxTilesPerFrame: 8, // one is the default: a slow frame then holds up the tiles
      placeholderFillStyle: "#ffffff",
    };
  }

  #listen() {
    const { viewer } = this;
    viewer.addHandler("open", () => this.#opened());
    viewer.addHandler("open-failed", () => this.#failed());
    viewer.addHandler("tile-load-failed", ({ tile }) => this.early?.add(tile));
    viewer.addOnceHandler("tile-drawn", () => this.#endFirstLook());
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
    this.hasFailed = false;
    if (this.pending) this.show(this.pending, true);
    this.minimap?.follow(this);
    this.#tell("ready");
    this.repaint();
  }

  #failed() {
    this.hasFailed = true;
    this.#tell("failed");
  }

  /** Tiles that failed before anybody listened; whoever takes them hears of the others. */
  takeEarlyFailures() {
    const { early } = this;
    this.early = null;
    return early ?? [];
  }

  /** The page shows an overview while this loads; the first tile covers the whole of it. */
  #endFirstLook() {
    this.parentElement?.querySelector(".first-look")?.remove();
    this.#tell("tissue");
  }

  #tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #point(event) {
    const edge = this.getBoundingClientRect();
    this.#tell("point", this.toLevel0({ x: event.clientX - edge.left, y: event.clientY - edge.top }));
  }

  /** The level-0 point under a point of this element; null before the slide is open. */
  toLevel0(screen) {
    return this.isOpen ? geometry.apply(geometry.inverse(this.map), screen) : null;
  }

  /**
   * A canvas of its own over the tissue, painted anew whenever the view moves.
   * layer: {order: higher lies above, paint(context, scene), isNeeded(): false while there is
   * nothing to paint (optional)} with the context in device px and scene {map: level-0 px to screen px, ratio: device px per screen px, size: of the slide}.
   * Gives {repaint(): once in the next frame, canvas, remove()}.
   */
  addLayer(layer) {
    return addLayerTo(this, this.viewer.canvas, layer);
  }

  /** OpenSeadragon's source of this slide's tiles. */
  get source() {
    return this.viewer.world.getItemAt(0).source;
  }

  /** Give the pointer to a tool (see tool-hand.js), or back to moving with null. */
  useTool(tool) {
    this.hand.take(tool);
    this.#tell("toolchange", tool);
  }

  get tool() {
    return this.hand.tool;
  }

  /** The affine map from level-0 px to px of this element, turned and mirrored as the view is. */
  get map() {
    const { viewport } = this.viewer;
    const view = {
      centre: viewport.getCenter(true),
      zoom: viewport.getZoom(true),
      rotation: viewport.getRotation(true),
      isFlipped: viewport.getFlip(),
    };
    const { x: width, y: height } = viewport.getContainerSize();
    return geometry.level0ToScreen(view, { width, height }, this.size.width);
  }

  /** Where a level-0 point lies in this element. */
  toScreen(point) {
    return geometry.apply(this.map, point);
  }

  /** Screen px per level-0 px at this moment. */
  get scale() {
    return this.isOpen ? geometry.scaleOf(this.map) : null;
  }

  /** Centre and width of the view in level-0 px, its rotation in degrees, whether it is mirrored. */
  get view() {
    if (!this.isOpen) return this.pending ?? {};
    const { viewport } = this.viewer;
    const { x, y } = geometry.fromViewport(viewport.getCenter(true), this.size.width);
    const rotation = within360(viewport.getRotation(true));
    const width = this.extent.width / this.scale;
    return { x, y, width, rotation, isFlipped: viewport.getFlip() };
  }

  /** Move to a view as `view` gives it; a part that is missing stays as it is. */
  show(view, isImmediate = false) {
    if (!this.isOpen) {
      this.pending = view;
      return;
    }
    const { viewport } = this.viewer;
    if (typeof view.isFlipped === "boolean") viewport.setFlip(view.isFlipped);
    if (Number.isFinite(view.rotation)) viewport.setRotation(view.rotation, true);
    if (view.width > 0) {
      viewport.zoomTo(viewport.imageToViewportZoom(this.clientWidth / view.width), null, isImmediate);
    }
    if (Number.isFinite(view.x) && Number.isFinite(view.y)) {
      viewport.panTo(this.#viewportPoint(view), isImmediate);
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

  /** Move by shares of the stage: right and down are as the reader sees them. */
  panBy(right, down) {
    this.lead();
    const { viewport } = this.viewer;
    const screen = { x: right * this.clientWidth, y: down * this.clientHeight };
    const step = geometry.applyToStep(geometry.inverse(this.map), screen);
    viewport.panBy(this.#viewportPoint(step));
    viewport.applyConstraints();
  }

  /** Turn to the right, as the reader sees it, mirrored or not. */
  rotateBy(degrees, isImmediate = false) {
    this.lead();
    const { viewport } = this.viewer;
    viewport.setRotation(viewport.getRotation() + (viewport.getFlip() ? -degrees : degrees), isImmediate);
  }

  /** Mirror left to right, as the reader sees it. */
  flip() {
    this.lead();
    this.viewer.viewport.toggleFlip();
    this.repaint();
    this.#tell("viewrest");
  }

  home() {
    this.lead();
    const { viewport } = this.viewer;
    viewport.setFlip(false);
    viewport.setRotation(0);
    viewport.goHome();
  }

  #viewportPoint(level0) {
    const { x, y } = geometry.toViewport(level0, this.size.width);
    return new window.OpenSeadragon.Point(x, y);
  }

  /** Ask for a fresh paint of every layer; many asks in one frame are one paint. */
  repaint() {
    if (this.frame || !this.isOpen) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      const { scene } = this;
      for (const layer of this.layers) layer.paint(scene);
      this.#tell("viewchange");
    });
  }

  /** What a layer is painted with at this moment. */
  get scene() {
    return { map: this.map, ratio: window.devicePixelRatio || 1, size: this.size };
  }

  /** um per screen px, null where um per px is unknown. */
  get umPerScreenPx() {
    return this.mpp && this.scale ? this.mpp / this.scale : null;
  }

  get scaleBar() {
    return geometry.scaleBar(this.umPerScreenPx, SCALE_BAR_PX, language());
  }

  get magnification() {
    return geometry.magnification(this.umPerScreenPx);
  }
}

function within360(degrees) {
  return ((degrees % 360) + 360) % 360;
}

customElements.define("slide-viewer", SlideViewer);
