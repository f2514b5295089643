// Fetching the numbers behind the layers. Everything is kept, so that going back is instant.

import { firstChannel } from "./heatmap.js";

const kept = new Map();

/** One byte per cell of a grey PNG: {columns, rows, bytes}. */
export function loadCells(url) {
  return once(url, async (response) => {
    // As stored: no colour management may touch numbers.
    const picture = await createImageBitmap(await response.blob(), {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, picture.width, picture.height);
    return { columns: picture.width, rows: picture.height, bytes: firstChannel(data) };
  });
}

/** The outlines of a truth as a GeoJSON FeatureCollection. */
export function loadOutlines(url) {
  return once(url, (response) => response.json());
}

function once(url, read) {
  if (!kept.has(url)) {
    kept.set(url, request(url).then(read));
    kept.get(url).catch(() => kept.delete(url));
  }
  return kept.get(url);
}

async function request(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok || response.redirected) throw new Error(`${response.status} ${url}`);
  return response;
}
