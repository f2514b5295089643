// How linked viewers follow the one in hand. Pure: no page, no viewer.
//
// A look: {x, y: level-0 px in the middle, scale: screen px per level-0 px, rotation: degrees
// clockwise, isFlipped: mirrored left to right as seen}.
// A placement: the affine map {a, b, c, d, e, f} from a slide's level-0 px to those of the page's
// slide. Slides of one case are not registered: a placement says what a person saw side by side.

import { apply } from "../viewer/geometry.js";

export const SAME = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };
export const LINKS = ["pan", "zoom", "rotation", "layers", "threshold"];
export const PLACE_LINKS = ["pan", "zoom", "rotation"];

const LARGEST_RATIO = 1e4;

/** first, then second. */
export function after(first, second) {
  const origin = apply(second, { x: first.e, y: first.f });
  return {
    a: second.a * first.a + second.c * first.b,
    b: second.b * first.a + second.d * first.b,
    c: second.a * first.c + second.c * first.d,
    d: second.b * first.c + second.d * first.d,
    e: origin.x,
    f: origin.y,
  };
}

/** The map back. Throws RangeError for one that flattens the plane. */
export function inverse({ a, b, c, d, e, f }) {
  const size = a * d - b * c;
  if (!Number.isFinite(1 / size)) throw new RangeError(`A map without area has no way back: ${size}.`);
  const back = { a: d / size, b: -b / size, c: -c / size, d: a / size, e: 0, f: 0 };
  const origin = apply(back, { x: e, y: f });
  return { ...back, e: -origin.x, f: -origin.y };
}

/** From level-0 px to screen px round the middle of the viewer. */
export function mapOf({ x, y, scale, rotation, isFlipped }) {
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const mirror = isFlipped ? -1 : 1;
  const turned = { a: mirror * cos, b: sin, c: -mirror * sin, d: cos, e: 0, f: 0 };
  const middle = apply(turned, { x, y });
  return { ...turned, e: -middle.x, f: -middle.y };
}

/** How far a map turns, and whether it mirrors: {scale, rotation in [0, 360), isFlipped}. */
export function partsOf({ a, b, c, d }) {
  const isFlipped = a * d - b * c < 0;
  const rotation = (Math.atan2(b, isFlipped ? -a : a) * 180) / Math.PI;
  return { scale: Math.hypot(a, b), rotation: whole((rotation + 360) % 360), isFlipped };
}

/** Quarter turns stay quarter turns, whatever sine and cosine lose. */
function whole(degrees) {
  const nearest = Math.round(degrees);
  return Math.abs(degrees - nearest) < 1e-9 ? nearest % 360 : degrees;
}

/**
 * Where a slide lies if nobody has lined it up: middle on middle, upright, at its true size where
 * both pixel sizes are known, else px on px. slide, page: {width, height, mpp or null}.
 */
export function placedByMiddles(slide, page) {
  const ratio = slide.mpp && page.mpp ? slide.mpp / page.mpp : 1;
  return {
    ...{ a: ratio, b: 0, c: 0, d: ratio },
    e: page.width / 2 - (ratio * slide.width) / 2,
    f: page.height / 2 - (ratio * slide.height) / 2,
  };
}

/**
 * The placement of a slide as it is seen beside another: what lies in the middle of both viewers
 * is the same tissue, turned as it is seen. leader, other: {look, placement, mpp or null}. With
 * both pixel sizes the tissue keeps its true size; without, the ratio that is seen is kept.
 */
export function placedAsSeen(leader, other) {
  const scale = leader.mpp && other.mpp
    ? (leader.look.scale * other.mpp) / leader.mpp
    : other.look.scale;
  const toScreen = mapOf({ ...other.look, scale });
  return after(after(toScreen, inverse(mapOf(leader.look))), leader.placement);
}

/** A point of one slide on another, by their placements. */
export function carried(point, from, to) {
  return apply(inverse(to), apply(from, point));
}

/**
 * The look that a viewer takes when another leads.
 * leader, other: {look, placement}; links: {pan, zoom, rotation}. Viewers of one slide share
 * their placement, and then what is linked is copied as it is, to the last bit.
 */
export function followed(leader, other, links) {
  const isOneSlide = leader.placement === other.placement;
  const told = isOneSlide ? leader.look : toldBy(leader, other);
  return {
    ...(links.pan ? { x: told.x, y: told.y } : { x: other.look.x, y: other.look.y }),
    scale: links.zoom ? told.scale : other.look.scale,
    rotation: links.rotation ? told.rotation : other.look.rotation,
    isFlipped: links.rotation ? told.isFlipped : other.look.isFlipped,
  };
}

function toldBy(leader, other) {
  const there = after(other.placement, inverse(leader.placement));
  const middle = carried(leader.look, leader.placement, other.placement);
  return { ...middle, ...partsOf(after(there, mapOf(leader.look))) };
}

/** A placement in an address: six numbers. */
export function wordsOf({ a, b, c, d, e, f }) {
  return [a, b, c, d, e, f].map((value) => Number(value.toPrecision(9))).join(",");
}

/** The placement that an address names; null if it names none that can be. */
export function placementOf(words) {
  const numbers = (words ?? "").split(",").map(Number);
  if (numbers.length !== 6 || !numbers.every(Number.isFinite)) return null;
  const [a, b, c, d, e, f] = numbers;
  const ratio = Math.sqrt(Math.abs(a * d - b * c));
  return ratio > 1 / LARGEST_RATIO && ratio < LARGEST_RATIO ? { a, b, c, d, e, f } : null;
}
