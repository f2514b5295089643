// Judging as a part of the desk: findings in panel and on the slide, verdicts, signing.

import { Caliper } from "./caliper.js";
import { Case } from "./case.js";
import { deskCommands } from "./desk-keys.js";
import { FindingCard } from "./finding-card.js";
import { FindingRows } from "./finding-rows.js";
import { FindingsLayer } from "./findings-layer.js";
import { History } from "./history.js";
import { Judging } from "./judging.js";
import { Menu } from "./menu.js";
import { Outbox } from "./outbox.js";
import { outlining } from "./outline.js";
import { Posting } from "./posting.js";
import { Refusals } from "./refusals.js";
import { ReviewServer } from "./review-server.js";
import { keeperOf, reviewJournal, SavedWords } from "./saving.js";
import { Signing } from "./signing.js";
import { SlideSaid } from "./slide-said.js";
import { gettext } from "../words.js";

const NO_LENGTHS = gettext("No lengths on this slide: how large a pixel is, is unknown. An admin can say so.");

export function connect(reader) {
  const desk = new ReviewedDesk(reader);
  reader.desk = desk;
  reader.commands.add(desk.commands());
  desk.open();
}

class ReviewedDesk {
  constructor(reader) {
    const { review: facts, slide } = reader.page;
    const outbox = new Outbox();
    const review = new Case({ facts, slide, outbox });
    const server = new ReviewServer(facts.id);
    const judging = new Judging(reader, review);
    const posting = new Posting({ review, server, keep: () => this.keep?.() });
    Object.assign(this, { reader, outbox, review, server, judging, posting });
    this.conclusions = facts.conclusions;
    this.#show();
    if (facts.isOpen) this.#wire();
  }

  #show() {
    const { reader } = this;
    this.layer = new FindingsLayer(reader, this);
    new FindingRows(reader, this);
    new FindingCard(reader, this);
    this.said = new SlideSaid(reader, this);
    new History(reader, this);
    new SavedWords(reader, this);
    new Refusals(reader, this);
    this.signing = new Signing(reader, this);
  }

  /** The tools of who may go on with this review. */
  #wire() {
    const { reader } = this;
    const panel = reader.querySelector("[data-menu]");
    if (!panel) return; // a decision without the model is due
    this.menu = new Menu(panel, reader.querySelector("[data-verdicts]"));
    this.menu.onClose = () => reader.viewer.viewer.canvas.focus({ preventScroll: true });
    this.outline = outlining(reader);
    this.outline.onEnd = () => this.layer.hide(null);
    this.caliper = new Caliper(reader);
    reader.addEventListener("click", (event) => {
      const act = event.target.closest(".side [data-act]")?.dataset.act;
      if (act) ACTS[act]?.(this);
    });
  }

  /** Keys that only make sense where somebody can go on. */
  commands() {
    if (!this.menu) return [];
    return [...this.caliper.commands(), ...deskCommands(this)];
  }

  async open() {
    const { reader, outbox, posting } = this;
    if (!this.review.isOpen) return;
    const { journal, left } = await reviewJournal(reader.page);
    outbox.restore(left);
    this.keep = keeperOf(outbox, journal, (trouble) => posting.noteJournal(trouble));
    if (!journal) posting.noteJournal("absent");
    this.review.changed();
    posting.start(reader.signal);
  }

  /** Whether the desk's keys mean what they say: no menu, tool or question has them. */
  get isFree() {
    return !(this.menu.isOpen || this.outline.isOn || this.caliper.isOn || this.signing.isAsking);
  }

  accept() {
    this.judging.judge({ kind: "accepted" });
  }

  acceptRest() {
    this.judging.acceptRest();
  }

  reject() {
    if (!this.judging.canJudge) return;
    const { reasons } = this.reader.page.review;
    const choices = reasons.map(([because, label]) => [label, () => this.judging.judge({ kind: "rejected", because })]);
    this.menu.open(gettext("Rejected because of"), choices);
  }

  reclassify() {
    if (!this.judging.canJudge) return;
    const sizes = this.conclusions.filter(([name]) => name !== "negative");
    const choices = sizes.map(([size, label]) => [label, () => this.judging.note({ kind: "reclassified", size_class: size })]);
    this.menu.open(gettext("It is"), choices);
  }

  redraw() {
    const { current } = this.judging;
    if (!this.judging.canJudge) return;
    this.judging.fly();
    this.layer.hide(current.key);
    this.outline.begin(current, (region) => this.review.judge(current.key, { kind: "redrawn", region }));
  }

  addMissed() {
    if (this.review.isOpen) this.outline.begin(null, (region) => this.judging.add(region));
  }

  measure() {
    const { current } = this.judging;
    if (this.caliper.isOn) return this.caliper.keep();
    if (!this.judging.canJudge) return undefined;
    if (!this.reader.page.slide.mpp) return this.reader.complain(NO_LENGTHS);
    this.judging.fly();
    return this.caliper.begin(current, (caliper) => this.review.judge(current.key, { kind: "measured", caliper }));
  }

  undo() {
    this.judging.undo();
  }

  conclude(name) {
    this.said.conclude(name);
  }

  takeSuggestion() {
    this.said.takeSuggestion();
  }

  sign() {
    this.signing.sign();
  }
}

const ACTS = {
  accept: (desk) => desk.accept(),
  reject: (desk) => desk.reject(),
  redraw: (desk) => desk.redraw(),
  reclassify: (desk) => desk.reclassify(),
  measure: (desk) => desk.measure(),
  undo: (desk) => desk.undo(),
  add: (desk) => desk.addMissed(),
  "accept-rest": (desk) => desk.acceptRest(),
  sign: (desk) => desk.sign(),
};
