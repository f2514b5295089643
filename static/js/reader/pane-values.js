// The numbers of a pane: figures at its thresholds, and what is known at a point. Always of the
// true cells, whatever form is shown.

import { cellAt, cellIndex } from "../viewer/geometry.js";
import { measure } from "../maps/counts.js";
import { probability, tumourShare } from "../maps/heatmap.js";

/** Cells and shares of the map, of two versions in `pair` where compared; null without a map. */
export function figuresOf({ picture, pair, page, state }) {
  if (!picture) return null;
  const areaOf = ({ sideL0 }) => (page.slide.mpp ? (sideL0 * page.slide.mpp) ** 2 : null);
  return {
    ...measure(picture.tally, state.threshold),
    cellUm2: areaOf(picture.grid),
    pair: pair ? { ...pair.figures, cellUm2: areaOf(pair.grid) } : null,
  };
}

/**
 * What is known at a level-0 point: {probability, truthShare, version, other}, other being
 * {version, probability} of the second version where two are compared, else null.
 */
export function valuesAt({ picture, prediction, otherPrediction, otherMap }, point) {
  const index = point && picture ? indexAt(point, prediction) : null;
  if (index === null) return null;
  return {
    probability: probability(picture.values[index]),
    truthShare: picture.truth ? tumourShare(picture.truth[index]) : null,
    version: prediction.version,
    other: otherMap ? otherAt(point, otherPrediction, otherMap) : null,
  };
}

function otherAt(point, reading, map) {
  const index = indexAt(point, reading);
  return {
    version: reading.version,
    probability: index === null ? null : probability(map.bytes[index]),
  };
}

function indexAt(point, grid) {
  const cell = cellAt(point, grid);
  return cell ? cellIndex(cell, grid) : null;
}
