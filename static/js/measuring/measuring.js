// Measuring as a part of the slide's page: two tools, their keys, the list in the panel.

import { boxAround } from "../viewer/geometry.js";
import { attend } from "../reader/jumps.js";
import { filled, gettext } from "../words.js";
import { allWords, figuresOf, sourceWords } from "./figures.js";
import { MeasurePainter } from "./measure-painter.js";
import { MeasureTool } from "./measure-tool.js";
import { Measures } from "./measures.js";

const ORDER = 40;
const ROOM = 1.8;

/** Add measuring to a reader; without um per px the keys only say why there is none. */
export function connect(reader) {
  const { slide, user } = reader.page;
  if (!slide.mpp) {
    reader.commands.add(refusals(reader));
    return;
  }
  const measures = new Measures(`sentinode-measures-${user.id}-${slide.id}`);
  new Measuring(reader, measures).start();
}

class Measuring {
  constructor(reader, measures) {
    Object.assign(this, { reader, measures, viewer: reader.viewer, slide: reader.page.slide });
    this.tool = new MeasureTool(this.viewer, measures);
    this.panel = reader.querySelector("[data-measures]");
  }

  start() {
    const colour = getComputedStyle(this.reader).getPropertyValue("--measure").trim();
    const painter = new MeasurePainter(this.slide.mpp, colour);
    this.layer = this.viewer.addLayer({
      order: ORDER,
      paint: (context, scene) => {
        const stage = { width: this.viewer.clientWidth, height: this.viewer.clientHeight };
        painter.paint(context, { ...scene, stage }, this.measures.all, this.tool);
      },
      isNeeded: () => this.tool.isOn || this.measures.all.length > 0,
    });
    this.measures.addEventListener("change", () => this.#show());
    this.tool.addEventListener("change", () => this.#show());
    this.viewer.addEventListener("toolchange", () => this.viewer.tool !== this.tool && this.tool.end());
    this.reader.addEventListener("click", (event) => this.#clicked(event.target));
    this.reader.commands.add([...this.#toolCommands(), ...this.#sketchCommands()]);
    this.panel.querySelector("[data-pixel-size]").textContent = sourceWords(this.slide);
    this.#show();
  }

  toggle(kind) {
    if (this.tool.kind === kind) return this.tool.end();
    this.tool.begin(kind);
    attend(this.reader, "marks");
    this.viewer.viewer.canvas.focus(); // so that Enter places a point
  }

  #toolCommands() {
    return tools((kind) => this.toggle(kind));
  }

  #sketchCommands() {
    const key = (name, keys, label, run) => ({
      ...{ name, keys, label, run },
      ...{ group: gettext("Measuring"), when: () => this.tool.isOn },
    });
    return [
      key("place-point", ["enter"], gettext("A point at the centre; twice in one place ends"), () =>
        this.tool.place(this.#centre()),
      ),
      key("last-point", ["backspace", "delete"], gettext("Take back the last point, or the last measure"), () =>
        this.#back(),
      ),
      key("end-measuring", ["escape"], gettext("Give up the measure, then the tool"), () => {
        if (!this.tool.giveUp()) this.tool.end();
      }),
    ];
  }

  #centre() {
    const { x, y } = this.viewer.view;
    return { x, y };
  }

  #back() {
    const last = this.measures.all.at(-1);
    if (!this.tool.back() && last) this.measures.remove(last.id);
  }

  #clicked(target) {
    const kind = target.closest("[data-measure]")?.dataset.measure;
    if (kind) this.toggle(kind);
    const line = target.closest("[data-measure-id]");
    const id = Number(line?.dataset.measureId);
    if (target.closest("[data-show-measure]")) this.#fly(id);
    if (target.closest("[data-remove-measure]")) this.#remove(id);
    if (target.closest("[data-copy-measures]")) this.#copy(target);
    if (target.closest("[data-clear-measures]")) this.measures.clear();
  }

  #remove(id) {
    this.measures.remove(id);
    const next = this.panel.querySelector("[data-remove-measure]") ?? this.reader.querySelector("[data-measure]");
    next.focus(); // the button that had the focus is gone
  }

  #fly(id) {
    const { points } = this.measures.all.find((each) => each.id === id);
    const box = boxAround(points);
    const { clientWidth, clientHeight } = this.viewer;
    const shape = clientWidth / clientHeight;
    this.viewer.lead();
    this.viewer.show({
      x: (box.minX + box.maxX) / 2,
      y: (box.minY + box.maxY) / 2,
      width: Math.max(box.maxX - box.minX, (box.maxY - box.minY) * shape, 1) * ROOM,
    });
  }

  async #copy(button) {
    const lines = this.measures.all.map((measure) => this.#line(measure));
    const isCopied = await copied([this.slide.name, ...lines].join("\n"));
    const words = isCopied ? gettext("Copied") : gettext("This browser does not let pages copy.");
    button.closest("[data-measures]").querySelector("[role=status]").textContent = words;
  }

  #line(measure) {
    const said = allWords(measure, figuresOf(measure, this.slide.mpp));
    const words = said.map(([name, value]) => `${name} ${value}`).join("; ");
    return `${measure.id}\t${words}\t${sourceWords(this.slide)}`;
  }

  #show() {
    this.layer.repaint();
    for (const button of this.reader.querySelectorAll("[data-measure]")) {
      button.setAttribute("aria-pressed", String(button.dataset.measure === this.tool.kind));
    }
    const { all } = this.measures;
    this.panel.querySelector("ol").replaceChildren(...all.map((measure) => this.#entry(measure)));
    this.panel.querySelector("[data-measure-acts]").hidden = !all.length;
    this.panel.querySelector("[role=status]").textContent = this.tool.isOn ? hint(this.tool.kind) : "";
  }

  #entry(measure) {
    const entry = this.panel.querySelector("template").content.firstElementChild.cloneNode(true);
    entry.dataset.measureId = measure.id;
    entry.querySelector(".measure-number").textContent = measure.id;
    for (const button of entry.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.title} (${measure.id})`);
    }
    const list = entry.querySelector("dl");
    for (const [name, value] of allWords(measure, figuresOf(measure, this.slide.mpp))) {
      list.append(...["dt", "dd"].map((tag) => document.createElement(tag)));
      const [term, said] = [...list.children].slice(-2);
      term.textContent = name;
      said.textContent = value;
    }
    return entry;
  }
}

function tools(run) {
  const group = gettext("Measuring");
  return [
    { name: "ruler", group, label: gettext("Ruler"), keys: ["c"], run: () => run("length") },
    { name: "measure-area", group, label: gettext("Area"), keys: ["shift+c"], run: () => run("area") },
  ];
}

function refusals(reader) {
  const words = gettext("No measuring: the file does not say how large a pixel is, and nobody has said so.");
  return tools(() => reader.complain(words));
}

function hint(kind) {
  if (kind === "length") return gettext("Drag from end to end, or click points; a double click ends.");
  return gettext("Draw round it, or click corners; a double click or the first corner ends.");
}

/** Put words on the clipboard; tells whether the browser let us. */
async function copied(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    return copiedByHand(words); // pages that come without https have no clipboard of their own
  }
}

function copiedByHand(words) {
  const field = document.createElement("textarea");
  field.value = words;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}
