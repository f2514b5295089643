// Patterns over the layers' colours: kinds differ without colour, in print and to every eye.

/** Canvas tiles by the names that looks and legends use, for context.createPattern. */
export function patternTiles() {
  return {
    unassessed: hatch("rgb(90 96 112 / 55%)", { size: 9, line: 1, lean: "/" }),
    falseAlarm: hatch("rgb(60 40 0 / 75%)", { size: 7, line: 1.6, lean: "/" }),
    missingTile: hatch("rgb(125 74 0 / 60%)", { size: 12, line: 1.5, lean: "\\" }),
    miss: hatch("rgb(255 255 255 / 90%)", { size: 7, line: 1.6, lean: "x" }),
    unseen: dots("rgb(255 255 255 / 95%)", { size: 6, radius: 1.5 }),
    versionA: hatch("rgb(60 20 0 / 75%)", { size: 7, line: 1.6, lean: "/" }),
    versionB: hatch("rgb(0 30 60 / 75%)", { size: 7, line: 1.6, lean: "\\" }),
    lone: dots("rgb(43 48 64 / 95%)", { size: 6, radius: 1.2 }),
  };
}

/** A tile of slanted lines: "/", "\\" or both crossed, so that kinds differ without colour. */
export function hatch(colour, { size, line, lean }) {
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const context = tile.getContext("2d");
  context.strokeStyle = colour;
  context.lineWidth = line;
  for (const shift of [-size, 0, size]) {
    if (lean !== "\\") slanted(context, shift, size, 0, size);
    if (lean !== "/") slanted(context, shift, 0, size, size);
  }
  context.stroke();
  return tile;
}

function slanted(context, shift, from, to, size) {
  context.moveTo(shift, from);
  context.lineTo(shift + size, to);
}

/** A tile with one dot. */
function dots(colour, { size, radius }) {
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const context = tile.getContext("2d");
  context.fillStyle = colour;
  context.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
  context.fill();
  return tile;
}
