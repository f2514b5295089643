// What a reader said and the server has not confirmed yet, in its order. Pure: no network, no clock.
//
// An entry: {id: the key it is sent under, kind: "verdict" | "rest" | "undo" | "slide", body, at: ms
// since 1970, finding: its key for a verdict, after: the sequence that the reader had before them}.
// The first one flies and is sent again, word for word, until an answer comes.

export class Outbox {
  entries = [];
  isFlying = false;
  #touched = new Set();

  /** Take back what an earlier page left, beside what is here; what was said first comes first. */
  restore(entries) {
    const inOrder = [...entries, ...this.entries].sort((a, b) => a.at - b.at || a.order - b.order);
    this.entries = inOrder.map((entry, place) => ({ ...entry, order: place + 1 }));
    this.writeAgain();
  }

  put(entry) {
    const last = this.entries.at(-1);
    if (entry.kind === "slide" && last?.kind === "slide" && !this.#flies(last)) {
      this.#replace(last, { ...last, body: { ...last.body, ...entry.body } });
      return;
    }
    const order = (this.entries.at(-1)?.order ?? 0) + 1;
    this.entries.push({ ...entry, order });
    this.#touched.add(entry.id);
  }

  /** The entry to send now; null where nothing waits. */
  take() {
    this.isFlying = this.entries.length > 0;
    return this.entries[0] ?? null;
  }

  /** No answer came: it is sent again. */
  land() {
    this.isFlying = false;
  }

  /**
   * The entry in flight is answered and gone. sequences: {finding: the sequence of its new verdict}.
   * What waits on the same finding follows on it, and is no change by somebody else.
   */
  settle(sequences = {}, last = null) {
    const sent = this.entries.shift();
    this.isFlying = false;
    this.#touched.add(sent.id);
    this.entries = this.entries.map((entry) => {
      const after = entry.kind === "verdict" ? sequences[entry.finding] : entry.kind === "undo" ? last : null;
      if (after === undefined || after === null || entry.after === null) return entry;
      this.#touched.add(entry.id);
      return { ...entry, after: Math.max(entry.after, after) };
    });
    return sent;
  }

  /** Take entries back before they are sent: gives whether all of them could be. */
  withdraw(ids) {
    const wanted = new Set(ids);
    const found = this.entries.filter((entry) => wanted.has(entry.id));
    if (found.length < wanted.size || found.some((entry) => this.#flies(entry))) return false;
    this.entries = this.entries.filter((entry) => !wanted.has(entry.id));
    for (const id of wanted) this.#touched.add(id);
    return true;
  }

  /** What changed since the last call, for the journal: {kept: [entry], gone: [id]}. */
  unwritten() {
    const touched = [...this.#touched];
    this.#touched.clear();
    const kept = this.entries.filter(({ id }) => touched.includes(id));
    const ids = new Set(kept.map(({ id }) => id));
    return { kept, gone: touched.filter((id) => !ids.has(id)) };
  }

  /** The journal could not be written: everything has to be written again. */
  writeAgain() {
    for (const { id } of this.entries) this.#touched.add(id);
  }

  #flies(entry) {
    return this.isFlying && this.entries[0] === entry;
  }

  #replace(entry, next) {
    this.entries = this.entries.map((each) => (each === entry ? next : each));
    this.#touched.add(entry.id);
  }
}
