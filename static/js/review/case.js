// One review as it stands in this window: what the server knows of it, and over that what was said
// here and is on its way. Fires "change".
//
// facts: as the page has them: {id, candidates, verdicts, said, ...}.

import { newId } from "../drawing/features.js";
import { longestDiameter } from "../drawing/shapes.js";
import { conclusionOf, fold, lastStroke, polygonsOf } from "./fold.js";

export class Case extends EventTarget {
  #folded = null;
  #steps = []; // what was done in this window, newest last: {kind, before} of the slide, or {kind}

  constructor({ facts, slide, outbox }) {
    super();
    Object.assign(this, { facts, slide, outbox });
  }

  get isOpen() {
    return this.facts.isOpen;
  }

  /** All verdicts in order, those that wait here at the end under the sequences they would have. */
  get verdicts() {
    const all = [...this.facts.verdicts];
    const next = () => (all.at(-1)?.sequence ?? 0) + 1;
    for (const entry of this.outbox.entries) {
      for (const verdict of this.#wouldBe(entry, all)) all.push({ ...verdict, sequence: next(), isWaiting: true });
    }
    return all;
  }

  #wouldBe({ kind, body, finding, id, at }, before) {
    const blank = {
      ...{ because: "", label: "", size_class: "", region: null, diameter_um: null, caliper: null },
      ...{ note: "", undoes: null, stroke: null, at: new Date(at).toISOString(), by: "", id },
    };
    if (kind === "verdict") return [{ ...blank, ...body, finding, ...this.#measured(body) }];
    if (kind === "rest") {
      const open = fold(this.facts.candidates, before).filter(({ state }) => state === "open");
      return open.map(({ key }) => ({ ...blank, finding: key, kind: "accepted", stroke: id }));
    }
    if (kind === "undo") {
      const spent = lastStroke(before).reverse();
      return spent.map((one) => ({ ...blank, finding: one.finding, kind: "withdrawn", undoes: one.sequence, stroke: id }));
    }
    return [];
  }

  /** The length that the server will work out, shown until it did. */
  #measured({ region, caliper }) {
    const { mpp } = this.slide;
    if (!mpp) return {};
    if (caliper) {
      const [[ax, ay], [bx, by]] = caliper;
      return { diameter_um: Math.hypot(bx - ax, by - ay) * mpp };
    }
    if (!region || region.type === "Point") return {};
    return { diameter_um: longestDiameter(polygonsOf(region)).length * mpp };
  }

  get findings() {
    this.#folded ??= fold(this.facts.candidates, this.verdicts);
    return this.#folded;
  }

  /** What is shown in the list: not what was added and taken back. */
  get shown() {
    return this.findings.filter(({ state }) => state !== "withdrawn");
  }

  get(key) {
    return this.findings.find((one) => one.key === key) ?? null;
  }

  get openFindings() {
    return this.findings.filter(({ state }) => state === "open");
  }

  /** By what was judged: while findings are open nothing is suggested. */
  get suggested() {
    return this.openFindings.length ? "" : conclusionOf(this.findings);
  }

  /** What is said of the slide, with what waits here. */
  get said() {
    const waiting = this.outbox.entries.filter(({ kind }) => kind === "slide");
    return Object.assign({}, this.facts.said, ...waiting.map(({ body }) => body));
  }

  get canUndo() {
    return this.#steps.length > 0 || lastStroke(this.verdicts).length > 0;
  }

  /** Say something of a finding, or add one. Gives the finding's key. */
  judge(finding, body) {
    const id = newId();
    const key = finding ?? `a${id}`;
    const after = finding ? (this.get(finding)?.last ?? 0) : null;
    this.#put({ id, kind: "verdict", finding: key, body, after });
    this.#steps.push({ kind: "verdict" });
    return key;
  }

  acceptRest() {
    const { length } = this.openFindings;
    if (!length) return 0;
    this.#put({ id: newId(), kind: "rest", body: {}, after: null });
    this.#steps.push({ kind: "verdict" });
    return length;
  }

  sayOfSlide(body) {
    const { said } = this;
    const before = Object.fromEntries(Object.keys(body).map((name) => [name, said[name]]));
    if (Object.keys(body).every((name) => before[name] === body[name])) return;
    this.#put({ id: newId(), kind: "slide", body, after: null });
    this.#steps.push({ kind: "slide", before });
  }

  /** Take the last step back: one that has not left this window is forgotten, else it is undone. */
  undo() {
    const step = this.#steps.pop();
    if (step?.kind === "slide") {
      this.#put({ id: newId(), kind: "slide", body: step.before, after: null });
      return true;
    }
    const spent = lastStroke(this.verdicts);
    if (!spent.length) return false;
    const waiting = [...new Set(spent.map(({ id }) => id))];
    if (spent.every(({ isWaiting }) => isWaiting) && this.outbox.withdraw(waiting)) this.changed();
    else this.#put({ id: newId(), kind: "undo", body: {}, after: this.#lastKnown });
    return true;
  }

  get #lastKnown() {
    return this.facts.verdicts.at(-1)?.sequence ?? 0;
  }

  #put(entry) {
    this.outbox.put({ ...entry, at: Date.now() });
    this.changed();
  }

  /** Take over what the server says now. */
  learn(facts) {
    Object.assign(this.facts, facts);
    this.changed();
  }

  /** Verdicts that the server kept. */
  add(verdicts) {
    const known = new Set(this.facts.verdicts.map(({ sequence }) => sequence));
    const fresh = verdicts.filter(({ sequence }) => !known.has(sequence));
    const all = [...this.facts.verdicts, ...fresh].sort((a, b) => a.sequence - b.sequence);
    this.learn({ verdicts: all });
  }

  changed() {
    this.#folded = null;
    this.dispatchEvent(new Event("change"));
  }
}
