// The view as a PNG with scale bar and what it is of.

const LINE_PX = 18;

/** Save what a viewer shows. caption: {name, lines: words or null, threshold}. */
export function saveView(viewer, caption) {
  const tissue = viewer.viewer.drawer.canvas;
  const canvas = document.createElement("canvas");
  canvas.width = viewer.masks.canvas.width;
  canvas.height = viewer.masks.canvas.height;
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(tissue, 0, 0, canvas.width, canvas.height);
  for (const layer of viewer.layers) context.drawImage(layer.canvas, 0, 0);
  const ratio = canvas.width / viewer.clientWidth;
  context.scale(ratio, ratio);
  paintCaption(context, viewer, caption);
  canvas.toBlob((blob) => download(blob, `${caption.name}_view.png`), "image/png");
}

function paintCaption(context, viewer, { lines, threshold }) {
  const words = [...lines.filter(Boolean), `threshold ${threshold.toFixed(3)}`];
  const bar = viewer.scaleBar;
  const height = words.length * LINE_PX + (bar ? 26 : 10);
  const top = viewer.clientHeight - height - 12;
  context.fillStyle = "rgb(255 255 255 / 90%)";
  context.fillRect(12, top, 260, height);
  context.fillStyle = "#10131f";
  context.font = "13px sans-serif";
  words.forEach((line, i) => context.fillText(line, 20, top + (i + 1) * LINE_PX - 3));
  if (!bar) return;
  context.fillRect(20, top + height - 10, bar.px, 3);
  context.fillText(bar.label, 26 + bar.px, top + height - 6);
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
