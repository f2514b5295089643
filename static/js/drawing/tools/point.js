// Point: marks a place, without an area.

import { gettext } from "../../words.js";
import { makeRegion } from "../features.js";

const GRAIN = 8; // parts of a px that coordinates are kept in
const SLIP_PX = 5;

export function pointTool(board) {
  let press = null;

  function place({ x, y }) {
    const { width, height } = board.drawing.size;
    if (x < 0 || y < 0 || x > width || y > height) {
      board.say(gettext("That lies outside the slide: nothing was drawn."));
      return;
    }
    const point = [x, y].map((value) => Math.round(value * GRAIN) / GRAIN);
    const after = makeRegion({ label: board.label, point });
    board.apply([{ id: after.id, before: null, after }], gettext("Point"));
  }

  return {
    name: "point",
    cursor: "crosshair",
    place,
    press: ({ screen }) => {
      press = screen;
    },
    release({ point, screen }) {
      const isHere = press && Math.hypot(screen.x - press.x, screen.y - press.y) < SLIP_PX;
      press = null;
      if (isHere) place(point);
    },
    cancel: () => {
      press = null;
    },
  };
}
