// A plot of slides, one version against the other, in which slides are chosen: by pointer with a
// box, by key dot for dot or with a box that Shift and arrows open.

import { decimals, filled, gettext } from "../words.js";
import { make, picture, scale, text, ticks } from "./plot.js";
import { boxOf, nextAlong, sharedRange, within } from "./scatter-points.js";

const SIZE = 460;
const EDGE = { left: 56, right: 16, top: 16, bottom: 52 };
const MOVED_PX = 4; // less is a click
const RADIUS = 6;

/** versions: [first, second], names. choose(slides, isMore): told what a person chose. */
export class BrushScatter {
  constructor({ versions, choose }) {
    Object.assign(this, { versions, choose, points: [], held: 0, anchor: null });
    this.svg = picture(SIZE, SIZE, "");
    this.svg.setAttribute("role", "listbox");
    this.svg.setAttribute("aria-multiselectable", "true");
    this.svg.setAttribute("aria-describedby", "brush-help");
    this.svg.classList.add("brush-picture");
    this.#listen();
  }

  /** drawn: as `measured` gives it. measure: {name, isShare}. */
  draw(drawn, { name, isShare }) {
    this.digits = isShare ? 3 : 0;
    const [low, high] = sharedRange(drawn, isShare);
    const x = scale(low, high, EDGE.left, SIZE - EDGE.right);
    const y = scale(low, high, SIZE - EDGE.bottom, EDGE.top);
    this.points = drawn.map((one) => ({ ...one, x: x(one.first), y: y(one.second) }));
    this.held = 0;
    this.svg.setAttribute("aria-label", filled(
      gettext("%(measure)s of each slide: %(b)s against %(a)s"),
      { measure: name, a: this.versions[0], b: this.versions[1] },
    ));
    this.box = make("rect", { class: "brush-box", visibility: "hidden" });
    this.dots = this.points.map((point, place) => this.#dot(point, place));
    this.svg.replaceChildren(...frame(x, y, [low, high], this.digits), ...this.#axes(), this.box, ...this.dots);
  }

  /** chosen: a Set of slides, null for none in particular. */
  show(chosen) {
    this.points.forEach(({ slide }, place) => {
      const isChosen = chosen?.has(slide) ?? false;
      this.dots[place].setAttribute("aria-selected", String(isChosen));
      this.dots[place].classList.toggle("is-chosen", isChosen);
      this.dots[place].classList.toggle("is-faint", chosen !== null && !isChosen);
    });
  }

  #axes() {
    const middle = (EDGE.left + SIZE - EDGE.right) / 2;
    const [first, second] = this.versions;
    return [
      text(middle, SIZE - 10, `${first} →`, { "text-anchor": "middle", class: "plot-heading" }),
      text(0, 0, `${second} →`, {
        "text-anchor": "middle", class: "plot-heading", transform: `translate(14 ${SIZE / 2 - 18}) rotate(-90)`,
      }),
    ];
  }

  #dot(point, place) {
    const words = make("title");
    words.textContent = this.#words(point);
    const { x, y } = point;
    const shape = point.hasTumour
      ? make("circle", { cx: x, cy: y, r: RADIUS })
      : make("rect", { x: x - RADIUS, y: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS });
    return make("g", {
      role: "option", "aria-selected": "false", "aria-label": words.textContent, class: "brush-dot",
      tabindex: place === this.held ? 0 : -1, "data-place": place,
    }, words, shape);
  }

  #words({ name, first, second, hasTumour }) {
    const [a, b] = this.versions;
    const kind = hasTumour ? gettext("tumour") : gettext("normal");
    return `${name}, ${kind}: ${a} ${decimals(first, this.digits)}, ${b} ${decimals(second, this.digits)}`;
  }

  // By pointer ------------------------------------------------------------------

  #listen() {
    this.svg.addEventListener("pointerdown", (event) => this.#press(event));
    this.svg.addEventListener("pointermove", (event) => this.#drag(event));
    this.svg.addEventListener("pointerup", (event) => this.#release(event));
    this.svg.addEventListener("pointercancel", () => this.#forget());
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.svg.addEventListener("focusin", ({ target }) => {
      const dot = target.closest("[data-place]");
      if (dot) this.#hold(Number(dot.dataset.place));
    });
  }

  #at({ clientX, clientY }) {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const px = SIZE / width;
    return { x: (clientX - left) * px, y: (clientY - top) * px };
  }

  #press(event) {
    if (event.button !== 0) return;
    this.began = this.#at(event);
    this.pressed = event.target.closest("[data-place]");
    this.svg.setPointerCapture(event.pointerId);
  }

  #drag(event) {
    if (!this.began) return;
    const now = this.#at(event);
    if (Math.hypot(now.x - this.began.x, now.y - this.began.y) >= MOVED_PX) this.#showBox(boxOf(this.began, now));
  }

  #release(event) {
    if (!this.began) return;
    const now = this.#at(event);
    const isMore = event.shiftKey || event.ctrlKey || event.metaKey;
    if (Math.hypot(now.x - this.began.x, now.y - this.began.y) >= MOVED_PX) {
      this.choose(within(this.points, boxOf(this.began, now)), { isMore });
    } else if (this.pressed) {
      const place = Number(this.pressed.dataset.place);
      this.dots[place].focus();
      this.choose([this.points[place].slide], { isToggled: true });
    } else this.choose(null);
    this.#forget();
  }

  #forget() {
    this.began = null;
    this.#showBox(null);
  }

  #showBox(box) {
    if (!this.box) return;
    this.box.setAttribute("visibility", box ? "visible" : "hidden");
    if (!box) return;
    const { left, top, right, bottom } = box;
    const sides = { x: left, y: top, width: right - left, height: bottom - top };
    for (const [name, value] of Object.entries(sides)) this.box.setAttribute(name, value);
  }

  // By key ------------------------------------------------------------------------

  #key(event) {
    if (!this.points.length) return;
    const next = nextAlong(this.points, this.held, event.key);
    if (next !== null) this.#walk(next, event.shiftKey);
    else if (event.key === " " || event.key === "Enter") {
      this.anchor = this.held;
      this.choose([this.points[this.held].slide], { isToggled: true });
    } else if (event.key === "Escape") {
      this.anchor = null;
      this.choose(null);
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      this.choose(this.points.map(({ slide }) => slide));
    } else return;
    event.preventDefault();
  }

  #walk(place, isBox) {
    if (isBox) this.anchor ??= this.held;
    else this.anchor = null;
    this.dots[place].focus();
    if (isBox) this.choose(within(this.points, boxOf(this.points[this.anchor], this.points[place])));
  }

  #hold(place) {
    this.dots[this.held].setAttribute("tabindex", -1);
    this.held = place;
    this.dots[place].setAttribute("tabindex", 0);
  }
}

/** Grid, ticks and the diagonal on which both versions are alike. */
function frame(x, y, [low, high], digits) {
  const parts = [];
  for (const at of ticks(low, high, 5)) {
    const words = decimals(at, digits ? (high - low < 0.2 ? 3 : 2) : 0);
    parts.push(make("line", { x1: EDGE.left, x2: SIZE - EDGE.right, y1: y(at), y2: y(at), class: "plot-grid" }));
    parts.push(make("line", { x1: x(at), x2: x(at), y1: EDGE.top, y2: SIZE - EDGE.bottom, class: "plot-grid" }));
    parts.push(text(EDGE.left - 6, y(at) + 4, words, { "text-anchor": "end" }));
    parts.push(text(x(at), SIZE - EDGE.bottom + 18, words, { "text-anchor": "middle" }));
  }
  parts.push(make("line", { x1: x(low), y1: y(low), x2: x(high), y2: y(high), class: "plot-axis brush-diagonal" }));
  return parts;
}
