// What costs much to paint and changes only with the view: kept as pixels while the view stands
// still, so that a threshold or a palette is not held up by it.

export class StillPicture {
  /**
   * Put what paint(context) paints onto a context. key: a text that is another one whenever it would
   * look otherwise; of: what is painted. Painted as it is when either changed, kept from the second
   * time on.
   */
  draw(context, { of, key }, paint) {
    if (this.of !== of || this.key !== key) {
      Object.assign(this, { of, key, isKept: false });
      paint(context);
      return;
    }
    if (!this.isKept) this.#keep(context.canvas, paint);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.canvas, 0, 0);
  }

  #keep({ width, height }, paint) {
    this.canvas ??= new OffscreenCanvas(width, height);
    Object.assign(this.canvas, { width, height }); // clears it too
    paint(this.canvas.getContext("2d"));
    this.isKept = true;
  }
}
