// Seen tissue as a picture of one px per cell, for the slide and its minimap.

const ALPHA = 150;

export class SeenPainter {
  /** grid: see coverage.js. colour: "#rrggbb". */
  constructor(grid, colour) {
    this.grid = grid;
    this.channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    this.colour = colour;
    this.canvas = document.createElement("canvas");
    this.canvas.width = grid.columns;
    this.canvas.height = grid.rows;
  }

  /** Take over what is seen of the tissue by now. */
  refresh(seen, weights) {
    const { columns, rows } = this.grid;
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    this.isShown = (index) => Boolean(seen[index] && weights[index]);
    for (let i = 0; i < seen.length; i += 1) {
      if (this.isShown(i)) image.data.set([...this.channels, ALPHA], 4 * i);
    }
    context.putImageData(image, 0, 0);
    this.border = null;
  }

  /** Fill the seen cells. scene: as a viewer's layer has it. */
  fill(context, { map, ratio }, alpha = 1) {
    const { cellX, cellY } = this.grid;
    context.setTransform(
      map.a * cellX * ratio, map.b * cellX * ratio, map.c * cellY * ratio, map.d * cellY * ratio,
      map.e * ratio, map.f * ratio,
    );
    context.globalAlpha = alpha;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.canvas, 0, 0);
    context.globalAlpha = 1;
  }

  /** Draw the border between seen and unseen. */
  outline(context, { map, ratio }) {
    this.border ??= this.#border();
    context.setTransform(map.a * ratio, map.b * ratio, map.c * ratio, map.d * ratio, map.e * ratio, map.f * ratio);
    const scale = Math.hypot(map.a, map.b);
    context.lineWidth = 2 / scale;
    context.setLineDash([7 / scale, 4 / scale]);
    context.strokeStyle = this.colour;
    context.stroke(this.border);
    context.setLineDash([]);
  }

  #border() {
    const { columns, rows, cellX, cellY } = this.grid;
    const path = new Path2D();
    const is = (column, row) =>
      column >= 0 && row >= 0 && column < columns && row < rows && this.isShown(row * columns + column);
    for (let row = 0; row <= rows; row += 1) {
      for (let column = 0; column <= columns; column += 1) {
        const [x, y] = [column * cellX, row * cellY];
        if (is(column, row) !== is(column - 1, row)) {
          path.moveTo(x, y);
          path.lineTo(x, y + cellY);
        }
        if (is(column, row) !== is(column, row - 1)) {
          path.moveTo(x, y);
          path.lineTo(x + cellX, y);
        }
      }
    }
    return path;
  }
}
