// Regions as the drawing keeps them, and as GeoJSON features on the wire.
//
// A region is frozen: {id, label, name, polygons, point, origin}. polygons is a list of polygons,
// each a list of open rings of [x, y] in level-0 px, the first ring the outer one. A region is
// either polygons or a point, [x, y]. Nobody changes a ring in place: a new region takes its place.

import { describe, labelOfWire } from "./labels.js";

/** A region with an id of its own unless one is given. */
export function makeRegion({ id = newId(), label, name = "", polygons = [], point = null, origin = null }) {
  describe(label);
  if (!point && !polygons.length) {
    throw new Error(`Region ${id} has neither polygons nor a point; it needs one of them.`);
  }
  return Object.freeze({ id, label, name, polygons, point, origin });
}

/** The same region with some of its parts replaced. */
export function changed(region, parts) {
  return makeRegion({ ...region, ...parts });
}

/** An id that no other region has; also on pages that are not served over https. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The region of a feature. Throws for a class or a geometry that cannot be one. */
export function regionOf({ id, geometry, properties }) {
  return makeRegion({
    id,
    label: labelOfWire(properties.classification?.name),
    name: properties.name ?? "",
    origin: properties.origin ?? null,
    ...shapeOf(geometry),
  });
}

/**
 * The regions of features, and how many of them are left out because they cannot be shown: what
 * other programs stored may have no corners. They stay as they are on the server.
 */
export function readable(features) {
  const regions = features.map(regionOrNull).filter(Boolean);
  return { regions, unreadable: features.length - regions.length };
}

/** The region of a feature, null where it cannot be shown. */
export function regionOrNull(feature) {
  try {
    const region = regionOf(feature);
    return isDrawable(region) ? region : null;
  } catch {
    return null;
  }
}

function isDrawable({ polygons, point }) {
  if (point) return point.length === 2 && point.every(Number.isFinite);
  return polygons.every((rings) => rings.length > 0 && rings.every((ring) => ring.length >= 3));
}

/** The feature of a region; its rings are closed. */
export function featureOf({ id, label, name, polygons, point, origin }) {
  const properties = { objectType: "annotation", classification: describe(label).wire };
  if (name) properties.name = name;
  if (origin) properties.origin = origin;
  return { type: "Feature", id, geometry: geometryOf(polygons, point), properties };
}

function shapeOf(geometry) {
  switch (geometry?.type) {
    case "Point":
      return { point: geometry.coordinates };
    case "Polygon":
      return { polygons: [opened(geometry.coordinates)] };
    case "MultiPolygon":
      return { polygons: geometry.coordinates.map(opened) };
    default:
      throw new Error(`A region is a Polygon, a MultiPolygon or a Point, not a ${geometry?.type}.`);
  }
}

function geometryOf(polygons, point) {
  if (point) return { type: "Point", coordinates: point };
  if (polygons.length === 1) return { type: "Polygon", coordinates: closed(polygons[0]) };
  return { type: "MultiPolygon", coordinates: polygons.map(closed) };
}

function opened(rings) {
  return rings.map((ring) => (isClosed(ring) ? ring.slice(0, -1) : ring));
}

function closed(rings) {
  return rings.map((ring) => [...ring, ring[0]]);
}

function isClosed(ring) {
  const first = ring[0];
  const last = ring[ring.length - 1];
  return ring.length > 1 && first[0] === last[0] && first[1] === last[1];
}
