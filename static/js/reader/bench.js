// Several viewers on one bench: how their slides lie to each other, and who leads whom.

import {
  PLACE_LINKS, SAME, carried, followed, placedAsSeen, placedByMiddles,
} from "./linking.js";

export class Bench {
  links = { pan: true, zoom: true, rotation: true, layers: true, threshold: true };
  leader = null;
  sides = [];

  /** pages: what the server wrote of every slide of the case, the page's own first. */
  constructor(pages) {
    const [own] = pages;
    this.own = own.slide.id;
    this.placements = new Map(
      pages.map(({ slide }) => [
        slide.id,
        slide.id === this.own ? SAME : placedByMiddles(slide, own.slide),
      ]),
    );
  }

  placementOf(side) {
    return this.placements.get(side.slide.id);
  }

  /** How a slide lies, by somebody who lined it up before. The page's own never moves. */
  place(side, placement) {
    if (placement && side.slide.id !== this.own) this.placements.set(side.slide.id, placement);
  }

  /** A person has taken a viewer in hand: the others follow it from now on. */
  lead(side) {
    this.leader = side;
    for (const each of this.sides) each.letGo();
    this.follow(side);
  }

  /** Only the viewer in a person's hand is followed, so that no echo comes back. */
  follow(side) {
    if (side !== this.leader || !side.isOpen) return;
    if (!PLACE_LINKS.some((name) => this.links[name])) return;
    const leader = this.#lies(side);
    for (const other of this.sides) {
      if (other === side || !other.isOpen) continue;
      other.follow(followed(leader, this.#lies(other), this.links));
    }
  }

  #lies(side) {
    return { look: side.look, placement: this.placementOf(side), mpp: side.slide.mpp };
  }

  /** Take the slides as they are seen now for lined up, and let the viewer in hand lead. */
  lineUp(active) {
    const open = this.sides.filter((side) => side.isOpen);
    const reference = open.find((side) => side.slide.id === this.own) ?? active;
    if (reference.isOpen) {
      const seen = new Set([reference.slide.id]);
      for (const side of [active, ...open]) {
        if (!side.isOpen || seen.has(side.slide.id)) continue;
        seen.add(side.slide.id);
        this.placements.set(side.slide.id, placedAsSeen(this.#lies(reference), this.#lies(side)));
      }
    }
    this.lead(active);
  }

  /** The point of every viewer's slide that is the same tissue; null where nobody can say. */
  pointsOf(side, point) {
    return this.sides.map((other) => {
      if (!point || !other.slide) return null;
      if (other.slide.id === side.slide.id) return point;
      if (!this.links.pan) return null;
      return carried(point, this.placementOf(side), this.placementOf(other));
    });
  }
}
