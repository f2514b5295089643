// <threshold-cockpit data-from="id">: what a version finds, misses and costs, while its threshold
// moves. All numbers come once with the page; a move is counted and shown in one frame.

import { decimals, filled, gettext, ngettext, wholeNumber } from "../words.js";
import { plotsOf } from "./cockpit-plots.js";
import { countsAt, forBudget, forRecall, reviewTime, shortest, stopAt } from "./operating.js";
import { carried } from "./plot.js";

const KEPT = "sentinode.review-seconds";
const DIGITS = { false_per_slide: 2 };

class ThresholdCockpit extends HTMLElement {
  connectedCallback() {
    this.numbers = carried(this.dataset.from);
    this.ending = new AbortController();
    this.range = this.querySelector("#cockpit-stop");
    this.number = this.querySelector("#cockpit-threshold");
    this.said = this.querySelector("[data-said]");
    this.seconds = [this.querySelector("#cockpit-per-slide"), this.querySelector("#cockpit-per-finding")];
    this.field = document.querySelector("#choose input[name=threshold]");
    this.parts = [...this.querySelectorAll("[data-lesions], [data-slides]")].map(partOf);
    this.figures = [...this.querySelectorAll("[data-figure]")];
    this.present = countsAt(this.numbers, this.numbers.threshold);
    this.#recall();
    this.#draw();
    this.#listen();
    this.#go(thresholdOfAddress() ?? this.#wanted(this.field?.value) ?? this.numbers.threshold);
  }

  disconnectedCallback() {
    this.ending.abort();
    cancelAnimationFrame(this.frame);
  }

  #on(element, name, run) {
    element.addEventListener(name, run, { signal: this.ending.signal });
  }

  #draw() {
    this.plots = plotsOf(this.numbers);
    for (const [name, plot] of Object.entries(this.plots)) {
      this.querySelector(`[data-plot="${name}"]`).replaceChildren(plot.svg);
      plot.showPresent(pointOf(this.numbers.threshold, this.present));
      this.#on(plot.svg, "pointerdown", (event) => {
        plot.svg.setPointerCapture(event.pointerId);
        this.#drag(plot, event);
      });
      this.#on(plot.svg, "pointermove", (event) => {
        if (plot.svg.hasPointerCapture(event.pointerId)) this.#drag(plot, event);
      });
    }
  }

  #drag(plot, event) {
    event.preventDefault();
    const threshold = plot.thresholdAt(event);
    if (threshold !== null) this.#go(threshold);
  }

  #listen() {
    const { stops } = this.numbers;
    this.#on(this.range, "input", () => this.#go(stops[stops.length - 1 - Number(this.range.value)]));
    for (const field of [this.number, this.field].filter(Boolean)) {
      this.#on(field, "change", () => this.#go(this.#wanted(field.value) ?? this.threshold));
    }
    for (const button of this.querySelectorAll("[data-snap]")) {
      this.#on(button, "click", () => this.#snap(button.dataset.snap));
    }
    for (const field of this.seconds) this.#on(field, "input", () => this.#retime());
    this.#on(window, "hashchange", () => this.#go(thresholdOfAddress() ?? this.threshold));
  }

  /** What somebody typed, as maps are kept; null if it is no threshold. */
  #wanted(typed) {
    return typed && Number(typed) >= 0 && Number(typed) <= 1 ? Math.fround(Number(typed)) : null;
  }

  #snap(name) {
    const { numbers } = this;
    if (name === "present") return this.#go(numbers.threshold);
    const wanted = Number(this.querySelector(`#cockpit-${name}`).value);
    const cut = name === "recall" ? forRecall(numbers, wanted) : forBudget(numbers, wanted);
    if (cut !== null) return this.#go(cut);
    this.said.textContent =
      name === "recall"
        ? gettext("No threshold finds so many lesions: on some of them nothing lies.")
        : gettext("No threshold keeps to so few false findings.");
  }

  /** Show a threshold in the next frame; of several asked for until then, the last. */
  #go(threshold) {
    const { threshold: present } = this.numbers;
    this.threshold = Math.fround(present) === threshold ? present : threshold;
    this.said.textContent = "";
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.#show());
  }

  #show() {
    const { threshold, numbers } = this;
    const counts = countsAt(numbers, threshold);
    this.counts = counts;
    const point = pointOf(threshold, counts);
    for (const plot of Object.values(this.plots)) plot.show(point);
    const stop = stopAt(numbers.stops, threshold);
    this.range.value = String(numbers.stops.length - 1 - Math.max(stop, 0));
    this.range.setAttribute("aria-valuetext", spoken(threshold, counts));
    this.number.value = shortest(threshold);
    for (const element of this.figures) this.#fill(element, counts);
    for (const part of this.parts) showPart(part, counts);
    this.#mark(stop);
    this.#time();
    this.#tell(threshold);
  }

  #fill(element, { figures }) {
    const name = element.dataset.figure;
    if (name === "minutes") return;
    const digits = DIGITS[name] ?? 3;
    const { value, low, high, count, n } = figures[name];
    element.querySelector("[data-value]").textContent = decimals(value, digits);
    element.querySelector("[data-edges]").textContent =
      value === null ? "" : low === null ? gettext("no interval") : `${decimals(low, digits)}–${decimals(high, digits)}`;
    const before = this.present.figures[name].value;
    const words = name === "false_per_slide" ? gettext("%(k)s on %(n)s slides; present %(before)s") : gettext("%(k)s of %(n)s; present %(before)s");
    element.querySelector("[data-sub]").textContent = filled(words, {
      k: wholeNumber(count), n: wholeNumber(n), before: decimals(before, digits),
    });
  }

  #mark(stop) {
    const rows = this.querySelectorAll("#numbers tbody tr");
    this.querySelector("#numbers tr[aria-current]")?.removeAttribute("aria-current");
    rows[stop]?.setAttribute("aria-current", "true");
  }

  // Time -------------------------------------------------------------------------------------

  #review() {
    const [perSlide, perFinding] = this.seconds.map(({ value }) => Math.max(0, Number(value) || 0));
    return { perSlide, perFinding };
  }

  #retime() {
    const review = this.#review();
    try {
      localStorage.setItem(KEPT, JSON.stringify(review));
    } catch {
      // Kept or not, the numbers on the page hold.
    }
    const cells = this.querySelectorAll("#numbers td[data-findings]");
    for (const cell of cells) {
      const { each } = reviewTime(this.numbers, Number(cell.dataset.findings), review);
      cell.textContent = each === null ? "–" : decimals(each / 60, 2);
    }
    for (const link of document.querySelectorAll("a[data-file]")) {
      const address = new URL(link.href);
      address.searchParams.set("seconds_per_slide", review.perSlide);
      address.searchParams.set("seconds_per_finding", review.perFinding);
      link.href = address.href;
    }
    this.#time();
  }

  #time() {
    if (!this.counts) return;
    const review = this.#review();
    const [here, before] = [this.counts, this.present].map(({ findings }) => reviewTime(this.numbers, findings, review));
    const element = this.querySelector('[data-figure="minutes"]');
    const { slides } = this.numbers;
    element.querySelector("[data-value]").textContent = here.each === null ? "–" : minutes(here.each);
    element.querySelector("[data-edges]").textContent = here.each === null ? "" : gettext("an estimate");
    element.querySelector("[data-sub]").textContent =
      here.each === null ? "" : filled(gettext("present %(before)s"), { before: minutes(before.each) });
    this.querySelector("[data-time]").textContent =
      here.all === null
        ? ""
        : filled(
            ngettext("%(n)s slide with %(k)s findings: %(time)s.", "%(n)s slides with %(k)s findings: %(time)s.", slides),
            { n: wholeNumber(slides), k: wholeNumber(this.counts.findings), time: hours(here.all) },
          );
  }

  #recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT));
      if (!kept || location.search.includes("seconds_per_")) return;
      [kept.perSlide, kept.perFinding].forEach((value, index) => {
        if (Number.isFinite(value)) this.seconds[index].value = String(value);
      });
      requestAnimationFrame(() => this.#retime());
    } catch {
      // Nothing kept, or nothing may be kept.
    }
  }

  /** The address and the form for choosing follow. */
  #tell(threshold) {
    const wanted = threshold === this.numbers.threshold ? "" : `#t=${shortest(threshold)}`;
    if (location.hash !== wanted) history.replaceState(null, "", `${location.pathname}${location.search}${wanted}`);
    if (this.field) this.field.value = shortest(threshold);
  }
}

function pointOf(threshold, { figures }) {
  return { threshold, rate: figures.false_per_slide.value, found: figures.sensitivity.value };
}

function thresholdOfAddress() {
  const told = new URLSearchParams(location.hash.slice(1)).get("t");
  const value = Math.fround(Number(told));
  return told && value >= 0 && value <= 1 ? value : null;
}

// Lists ----------------------------------------------------------------------------------------

/** A list whose items stand in falling confidence. shown: how many from the top are above. */
function partOf(part) {
  const { lesions, slides } = part.dataset;
  return {
    items: [...part.querySelectorAll("li")],
    count: part.querySelector("[data-count]"),
    none: part.querySelector("[data-none]"),
    isUpper: slides === "normal", // what is called, not what is missed
    above: ({ found, figures }) => (lesions ? found[lesions] : figures[`${slides}_slides`].count),
    before: null,
  };
}

/** Only items that change sides are touched. */
function showPart(part, counts) {
  const above = part.above(counts);
  const n = part.items.length;
  const [from, to] = part.before === null ? [0, n] : [Math.min(above, part.before), Math.max(above, part.before)];
  for (let place = from; place < to; place += 1) part.items[place].hidden = place < above !== part.isUpper;
  part.before = above;
  const shown = part.isUpper ? above : n - above;
  part.count.textContent = n ? `${wholeNumber(shown)} / ${wholeNumber(n)}` : "";
  if (part.none) part.none.hidden = shown > 0;
}

// Words ----------------------------------------------------------------------------------------

function spoken(threshold, { figures }) {
  return filled(
    gettext("%(t)s: %(k)s of %(n)s lesions found, %(rate)s false findings per slide"),
    {
      t: decimals(threshold, 4),
      k: wholeNumber(figures.sensitivity.count),
      n: wholeNumber(figures.sensitivity.n),
      rate: decimals(figures.false_per_slide.value, 2),
    },
  );
}

function minutes(seconds) {
  return filled(gettext("%(n)s min"), { n: decimals(seconds / 60, 1) });
}

function hours(seconds) {
  const whole = Math.round(seconds / 60);
  if (whole < 60) return filled(gettext("%(n)s min"), { n: wholeNumber(whole) });
  return filled(gettext("%(h)s h %(m)s min"), { h: wholeNumber(Math.floor(whole / 60)), m: whole % 60 });
}

customElements.define("threshold-cockpit", ThresholdCockpit);
