// The difference of two revisions over the tissue, with its legend on the stage.

import { filled, gettext, wholeNumber } from "../words.js";
import { showShapes, viewOfShapes } from "./shape-layer.js";

export class Difference {
  #layer = null;

  constructor(reader, server) {
    this.viewer = reader.viewer;
    this.server = server;
    this.legend = reader.querySelector("[data-difference]");
    this.legend.querySelector("[data-close]").addEventListener("click", () => this.hide());
  }

  /** Show what the later revision has and lacks beside the earlier one; 0 stands for no regions. */
  async show(later, earlier) {
    const { features } = await this.server.difference(later, earlier);
    const shapes = features.map(shapeOf);
    this.hide();
    this.#layer = showShapes(this.viewer, shapes);
    const put = (name, text) => (this.legend.querySelector(`[data-${name}]`).textContent = text);
    const count = (look) => wholeNumber(shapes.filter((shape) => shape.look === look).length);
    put("title", titleOf(later, earlier));
    put("gained", filled(gettext("gained: %(n)s"), { n: count("gained") }));
    put("lost", filled(gettext("lost: %(n)s"), { n: count("lost") }));
    this.legend.hidden = false;
    if (shapes.length > 0) this.viewer.show(viewOfShapes(this.viewer, shapes));
  }

  hide() {
    this.#layer?.remove();
    this.#layer = null;
    this.legend.hidden = true;
  }
}

function titleOf(later, earlier) {
  if (earlier === 0) return filled(gettext("All of revision %(n)s"), { n: later });
  return filled(gettext("From revision %(a)s to revision %(b)s"), { a: earlier, b: later });
}

function shapeOf({ geometry, properties }) {
  const look = properties.kind;
  if (geometry.type === "Point") return { look, point: geometry.coordinates, polygons: [] };
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return { look, point: null, polygons };
}
