// One prediction over tissue: its probabilities and, with truth, how they agree with it.

import { AGREEMENT, CALL, KIND, agreementCodes, agreementTable, callTable, truthKinds } from "./classes.js";
import { CodedPicture, pathOf } from "./coded-picture.js";
import { NOT_ASSESSED, cut } from "./heatmap.js";
import { heatColours } from "./coloured.js";
import { contour } from "./borders.js";
import { finerGrid, smoothed } from "./smoothed.js";
import { lesionsOf } from "./lesions.js";
import { tally } from "./counts.js";

const INSIDE = 254;
const NOTHING_ABSENT = -1;

export class MapPicture {
  /** grid: a prediction {columns, rows, sideL0, tumourBar}. values, truth: bytes; truth may be null. */
  constructor(grid, values, truth, colours) {
    Object.assign(this, { grid, values, truth, colours });
    this.tally = tally(values, truth, grid.tumourBar);
    this.kinds = truth && truthKinds(truth, grid.tumourBar);
    this.forms = new Map();
  }

  /** Look by a threshold and a palette from now on; painted when it is asked for. */
  refresh({ threshold, palette }) {
    this.style = { threshold, palette };
    for (const form of this.forms.values()) this.#dress(form);
  }

  /** {map, agreement: CodedPictures, agreement null without truth} of a form; kept once made. */
  in(form) {
    if (!this.forms.has(form)) {
      this.forms.set(form, form === "smoothed" ? this.#smoothed() : this.#trueCells());
      this.#dress(this.forms.get(form));
    }
    return this.forms.get(form);
  }

  /** The cells that were not assessed, to fill; no threshold changes them. */
  get unassessed() {
    this.unassessedArea ??= this.in("true cells").map.area("unassessed");
    return this.unassessedArea;
  }

  /** Groups of called true cells, largest first. */
  get findings() {
    return this.in("true cells").map.groups("called");
  }

  /** Lesions of the true cells, largest first; mpp: um per level-0 px of the slide. */
  lesions(mpp) {
    const { map } = this.in("true cells");
    if (this.found?.of !== map.made) {
      const lesions = lesionsOf(this.grid, map.members("called"), this.values, this.grid.sideL0 * mpp);
      this.found = { of: map.made, lesions };
    }
    return this.found.lesions;
  }

  #trueCells() {
    const { grid, values, kinds } = this;
    return {
      map: new CodedPicture(grid, values),
      agreement: kinds && new CodedPicture(grid, agreementCodes(values, kinds)),
    };
  }

  #smoothed() {
    const grid = finerGrid(this.grid);
    const values = smoothed(this.grid, this.values, NOT_ASSESSED);
    const kinds = this.kinds && (grid === this.grid ? this.kinds : this.#smoothedKinds());
    return {
      map: new CodedPicture(grid, values, { isSmoothed: true }),
      agreement: kinds && new CodedPicture(grid, agreementCodes(values, kinds), { isSmoothed: true }),
    };
  }

  /** Tumour and ignored cells with rounded corners; a lone cell keeps its middle. */
  #smoothedKinds() {
    const parts = [KIND.TUMOUR, KIND.IGNORED].map((kind) =>
      smoothed(this.grid, this.kinds.map((each) => (each === kind ? INSIDE : 0)), NOTHING_ABSENT),
    );
    return parts[0].map((tumour, i) => {
      if (parts[1][i] * 2 > INSIDE) return KIND.IGNORED;
      return tumour * 2 > INSIDE ? KIND.TUMOUR : KIND.OTHER;
    });
  }

  #dress({ map, agreement }) {
    const { style, colours } = this;
    const { UNASSESSED, CALLED } = CALL;
    map.select({
      table: callTable(style.threshold),
      colours: () => heatColours(style),
      sets: { called: [CALLED], unassessed: [UNASSESSED] },
    });
    if (!agreement) return;
    const table = agreementTable(style.threshold);
    const { TP, FP, FN, UNSEEN } = AGREEMENT;
    const { hit, falseAlarm, miss, unseen } = colours;
    agreement.select({
      table,
      paints: { [TP]: hit },
      sets: { hit: [TP], falseAlarm: [FP], miss: [FN], unseen: [UNSEEN] },
      tints: { falseAlarm, miss, unseen },
    });
  }

  /** The line of the threshold through the probabilities: along the cells, or between centres. */
  calledBorder(form) {
    const { map } = this.in(form);
    if (form !== "smoothed") return map.border("called");
    if (this.line?.of !== map.made) {
      const level = cut(this.style.threshold) - 0.5;
      this.line = { of: map.made, path: pathOf(contour(this.grid, this.values, level)) };
    }
    return this.line.path;
  }
}
