// Two versions' maps of one slide: where they agree, and where only one of them calls tumour.

import { CodedPicture } from "./coded-picture.js";
import { NOT_ASSESSED } from "./heatmap.js";
import { PAIR_CODES, VERSIONS, classCounts, histogramOf, pairCodes, pairTable } from "./classes.js";
import { finerGrid, smoothed } from "./smoothed.js";
import { onOneGrid } from "./pairs.js";

export class PairPicture {
  /** a, b: {grid, values}. See `onOneGrid` for maps on different grids. */
  constructor(a, b, colours) {
    Object.assign(this, onOneGrid(a, b), { colours });
    this.codes = pairCodes(this.a, this.b);
    this.histogram = histogramOf(this.codes, PAIR_CODES);
    this.forms = new Map();
  }

  /** Look by both thresholds from now on. */
  refresh(thresholdA, thresholdB) {
    this.table = pairTable(thresholdA, thresholdB);
    for (const picture of this.forms.values()) this.#dress(picture);
  }

  in(form) {
    if (!this.forms.has(form)) {
      this.forms.set(form, form === "smoothed" ? this.#smoothed() : new CodedPicture(this.grid, this.codes));
      this.#dress(this.forms.get(form));
    }
    return this.forms.get(form);
  }

  #smoothed() {
    const [a, b] = [this.a, this.b].map((values) => smoothed(this.grid, values, NOT_ASSESSED));
    return new CodedPicture(finerGrid(this.grid), pairCodes(a, b), { isSmoothed: true });
  }

  #dress(picture) {
    const { table } = this;
    const { BOTH, A_ONLY, B_ONLY, LONE_CALL, LONE_CLEAR } = VERSIONS;
    const { both, versionA, versionB, lone } = this.colours;
    picture.select({
      table,
      paints: { [BOTH]: both },
      tints: { aOnly: versionA, bOnly: versionB, lone },
      sets: {
        both: [BOTH],
        aOnly: [A_ONLY],
        bOnly: [B_ONLY],
        loneCall: [LONE_CALL],
        lone: [LONE_CALL, LONE_CLEAR],
      },
    });
  }

  /** True cells by class at the present thresholds. */
  get figures() {
    const counts = classCounts(this.histogram, this.table);
    return {
      both: counts[VERSIONS.BOTH],
      aOnly: counts[VERSIONS.A_ONLY],
      bOnly: counts[VERSIONS.B_ONLY],
      neither: counts[VERSIONS.NEITHER],
      lone: counts[VERSIONS.LONE_CALL] + counts[VERSIONS.LONE_CLEAR],
      loneCall: counts[VERSIONS.LONE_CALL],
    };
  }
}
