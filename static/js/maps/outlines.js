// The outlines of a truth, as paths in level-0 px and as findings with their places.

/** Paths by label and a list of tumour findings {x, y, width, height} from a FeatureCollection. */
export function truthOutlines(collection) {
  const paths = new Map();
  const findings = [];
  for (const feature of collection.features) {
    const label = labelOf(feature);
    if (!paths.has(label)) paths.set(label, new Path2D());
    for (const rings of polygons(feature.geometry)) {
      rings.forEach((ring) => addRing(paths.get(label), ring));
      if (label === "tumour") findings.push(box(rings[0]));
    }
  }
  return { paths, findings };
}

/** The label of a feature: tumour unless it says otherwise. */
export function labelOf(feature) {
  const { classification, label } = feature.properties ?? {};
  const name = (label ?? classification?.name ?? "tumour").toLowerCase();
  return name.startsWith("tumo") || name === "metastasis" ? "tumour" : name;
}

/** The polygons of a geometry, each a list of rings; points and lines have none. */
export function polygons(geometry) {
  if (geometry?.type === "Polygon") return [geometry.coordinates];
  return geometry?.type === "MultiPolygon" ? geometry.coordinates : [];
}

/** The smallest upright box round a ring. */
export function box(ring) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const point of ring) {
    for (const axis of [0, 1]) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  return { x: low[0], y: low[1], width: high[0] - low[0], height: high[1] - low[1] };
}

function addRing(path, ring) {
  ring.forEach(([x, y], i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  path.closePath();
}
