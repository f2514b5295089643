// Judging the findings of a review: which is the current one, what is said of it, where to go next.
// Fires "change" when the current one is another.

import { viewOf } from "../maps/findings.js";

export class Judging extends EventTarget {
  constructor(reader, review) {
    super();
    Object.assign(this, { reader, review, viewer: reader.viewer });
    this.key = this.#first;
    review.addEventListener("change", () => this.#keepOne());
  }

  /** What to begin with: the first finding that is open, else the first. */
  get #first() {
    const { shown, openFindings } = this.review;
    return (openFindings[0] ?? shown[0])?.key ?? null;
  }

  get current() {
    return this.key === null ? null : this.review.get(this.key);
  }

  get canJudge() {
    return this.review.isOpen && this.current !== null;
  }

  /** What was current may be gone: taken back, or in another window. */
  #keepOne() {
    const isThere = this.review.shown.some(({ key }) => key === this.key);
    if (!isThere || !this.isTouched) this.key = this.#first;
    this.dispatchEvent(new Event("change"));
  }

  /** Make a finding the current one and show it on the slide. */
  go(key) {
    const isNew = key !== this.key;
    this.key = key;
    this.fly();
    if (isNew) this.dispatchEvent(new Event("change"));
  }

  /** Show the current finding on the slide; it stays the current one from now on. */
  fly() {
    const { current, viewer } = this;
    Object.assign(this, { isShown: true, isTouched: true });
    if (!current || !viewer.isOpen) return;
    const [left, top, right, bottom] = current.box_l0;
    const { clientWidth: width, clientHeight: height } = viewer;
    const { rotation } = viewer.view;
    const place = { x: left, y: top, width: right - left, height: bottom - top };
    viewer.lead();
    viewer.show(viewOf(place, 1, { width, height, rotation }));
  }

  /** So many places on in the list, round; the first step shows the one that is current. */
  step(places) {
    const { shown } = this.review;
    if (!shown.length) return;
    if (!this.isShown) return this.go(this.key);
    const at = shown.findIndex(({ key }) => key === this.key);
    this.go(shown[(at + places + shown.length) % shown.length].key);
  }

  /** Say something of the current finding; then the next one that is open is shown. */
  judge(body) {
    if (!this.canJudge) return;
    this.isTouched = true;
    this.review.judge(this.key, body);
    this.toNextOpen();
  }

  /** Say something of it and stay. */
  note(body) {
    if (!this.canJudge) return;
    this.isTouched = true;
    this.review.judge(this.key, body);
  }

  add(region) {
    const key = this.review.judge(null, { kind: "added", region });
    this.go(key);
  }

  acceptRest() {
    this.review.acceptRest();
  }

  undo() {
    const before = this.review.verdicts;
    if (!this.review.undo()) return;
    // What was undone is looked at again.
    const known = new Set(before.map(({ sequence }) => sequence));
    const fresh = this.review.verdicts.find(({ sequence }) => !known.has(sequence));
    const gone = before.at(-1)?.finding;
    const key = fresh?.finding ?? gone;
    const isThere = this.review.shown.some((one) => one.key === key);
    if (isThere && key !== this.key) this.go(key);
  }

  toNextOpen() {
    const { shown } = this.review;
    const at = shown.findIndex(({ key }) => key === this.key);
    const inTurn = [...shown.slice(at + 1), ...shown.slice(0, at + 1)];
    const next = inTurn.find(({ state }) => state === "open");
    if (next && next.key !== this.key) this.go(next.key);
  }
}
