// One canvas over the tissue.

export class Layer {
  constructor(viewer, order, paint) {
    Object.assign(this, { viewer, order, painter: paint });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "viewer-overlay";
  }

  /** Paint this layer alone in the next frame; many asks are one paint. */
  repaint() {
    if (this.frame || !this.viewer.isOpen) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = null;
      this.paint(this.viewer.scene);
    });
  }

  paint(scene) {
    const { canvas, viewer } = this;
    const width = Math.round(viewer.clientWidth * scene.ratio);
    const height = Math.round(viewer.clientHeight * scene.ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    this.painter(context, scene);
  }

  remove() {
    cancelAnimationFrame(this.frame);
    this.canvas.remove();
    this.viewer.layers = this.viewer.layers.filter((each) => each !== this);
  }
}
