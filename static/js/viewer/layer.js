// One canvas over the tissue of a host: a viewer or its minimap, with {isOpen, scene, extent, layers}.

/** Put one more canvas into the parent, in its order among the host's layers. */
export function addLayerTo(host, parent, { order, paint, isNeeded = () => true }) {
  const layer = new Layer(host, { order, painter: paint, isNeeded });
  host.layers = [...host.layers, layer].sort((a, b) => a.order - b.order);
  parent.append(...host.layers.map(({ canvas }) => canvas));
  return layer;
}

class Layer {
  constructor(host, { order, painter, isNeeded }) {
    Object.assign(this, { host, order, painter, isNeeded });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "viewer-overlay";
  }

  /** Paint this layer alone in the next frame; many asks are one paint. */
  repaint() {
    if (this.frame || !this.host.isOpen) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.paint(this.host.scene);
    });
  }

  /** An empty canvas is put aside: each one over the tissue costs time in every frame. */
  paint(scene) {
    const { canvas, host } = this;
    const isNeeded = this.isNeeded();
    if (!isNeeded && canvas.hidden) return;
    canvas.hidden = !isNeeded;
    const width = Math.round(host.extent.width * scene.ratio);
    const height = Math.round(host.extent.height * scene.ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (isNeeded) this.painter(context, scene);
  }

  remove() {
    cancelAnimationFrame(this.frame);
    this.canvas.remove();
    this.host.layers = this.host.layers.filter((each) => each !== this);
  }
}
