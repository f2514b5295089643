// What is drawn here and not yet on the server, region by region. Pure: no network, no clock.
//
// An entry is the newest state of one region: {id, feature: GeoJSON or null where it was deleted,
// was: the region's sequence as it was known when the change was made, at: ms since 1970, isNew: the
// server has never heard of it}, and perhaps
//   conflict {feature, by, at, sequence}: somebody else changed the region after `was`; a person has
//     to decide before it is sent;
//   refusal: why the server cannot take it, in words; it is sent again once it was changed.
// A flight is an edit on its way: {key, changes: [entry]}. It is sent again, word for word and under
// the same key, until an answer comes, so that a lost answer cannot make it count twice.

export class EditQueue {
  known = new Map();
  entries = new Map();
  flights = [];
  #touched = new Set();
  #unseen = new Map(); // id -> what others made of a region while it waited here

  /** Note at which sequence each region last changed on the server. sequences: {id: number}. */
  learn(sequences) {
    for (const [id, sequence] of Object.entries(sequences)) this.known.set(id, sequence);
  }

  /** Take back what an earlier page left: entries and flights as a journal kept them. */
  restore({ entries, flights }) {
    for (const entry of entries) this.entries.set(entry.id, entry);
    this.flights.push(...flights);
  }

  /**
   * A region changed here. change: {id, feature, isNew: it was not there before}; at: ms since 1970.
   * What was made and unmade before it was sent leaves no trace.
   */
  put({ id, feature, isNew }, at) {
    const before = this.entries.get(id);
    const isUnheard = before?.isNew ?? (isNew && !this.known.has(id) && !this.#isFlying(id));
    if (isUnheard && feature === null) return this.#drop(id);
    const was = before?.was ?? this.known.get(id) ?? 0;
    const conflict = before?.conflict && { conflict: before.conflict };
    return this.#keep({ id, feature, was, at, isNew: isUnheard, ...conflict });
  }

  /** Put up to `limit` regions that may be sent into a flight under `key`; null if there is none. */
  take(key, limit) {
    if (this.flights.length > 0) return this.flights[0];
    const changes = this.sendable.slice(0, limit);
    if (changes.length === 0) return null;
    for (const { id } of changes) this.#drop(id);
    this.flights.push({ key, changes });
    return this.flights[0];
  }

  get sendable() {
    return [...this.entries.values()].filter(({ conflict, refusal }) => !conflict && !refusal);
  }

  get conflicts() {
    return [...this.entries.values()].filter(({ conflict }) => conflict);
  }

  get refusals() {
    return [...this.entries.values()].filter(({ refusal }) => refusal);
  }

  /** How many regions are not yet on the server. */
  get waiting() {
    const flying = this.flights.flatMap(({ changes }) => changes.map(({ id }) => id));
    return new Set([...flying, ...this.entries.keys()]).size;
  }

  /** Whether a region's newest state here is not yet on the server. */
  holds(id) {
    return this.entries.has(id) || this.#isFlying(id);
  }

  /** The newest state of every region that waits, oldest first: what to lay over the server's. */
  get overlay() {
    const flying = this.flights.flatMap(({ changes }) => changes);
    return [...flying, ...this.entries.values()];
  }

  /**
   * The server's answer to the flight: {sequence, applied: [id], conflicts: [theirs]}. Gives the
   * changes by others that may be shown now: they followed on ours while the answer was under way.
   */
  settle({ sequence, applied, conflicts }) {
    const sent = new Map(this.flights.shift().changes.map((change) => [change.id, change]));
    for (const id of applied) {
      this.known.set(id, sequence);
      const newer = this.entries.get(id);
      if (newer) this.#keep({ ...newer, was: sequence, isNew: false });
    }
    for (const theirs of conflicts) this.#contest(sent.get(theirs.id), theirs);
    return this.receive(this.#leaveUnseen(applied));
  }

  #leaveUnseen(ids) {
    const changes = ids.map((id) => this.#unseen.get(id)).filter(Boolean);
    for (const id of ids) this.#unseen.delete(id);
    return changes;
  }

  /** Two people changed one region; if they made the same of it there is nothing to decide. */
  #contest(change, theirs) {
    const mine = this.entries.get(change.id) ?? change;
    this.known.set(change.id, theirs.sequence);
    if (isSame(mine.feature, theirs.feature)) this.#drop(change.id);
    else this.#keep({ ...mine, conflict: theirs });
  }

  /** The flight was refused for some of its regions. regions: [{id, detail}]; the rest waits anew. */
  refuse(regions) {
    const reasons = new Map(regions.map(({ id, detail }) => [id, detail]));
    for (const change of this.flights.shift().changes) {
      if (this.entries.has(change.id)) continue;
      const refusal = reasons.get(change.id);
      this.#keep(refusal ? { ...change, refusal } : change);
    }
  }

  /**
   * What others did: [{id, feature, sequence, by, at}]. Gives those to show; a region that waits here
   * stays as it is, for the server to say whether the two meet.
   */
  receive(changes) {
    const fresh = changes.filter(({ id, sequence }) => sequence > (this.known.get(id) ?? 0));
    const shown = fresh.filter(({ id }) => !this.holds(id));
    for (const { id, sequence } of shown) this.known.set(id, sequence);
    for (const theirs of fresh.filter(({ id }) => this.holds(id))) {
      this.#unseen.set(theirs.id, theirs);
      const mine = this.entries.get(theirs.id);
      if (mine?.conflict) this.#contest(mine, theirs);
    }
    return shown;
  }

  /** A conflict is decided for what is here: it replaces theirs. */
  insist(id) {
    const { conflict, ...mine } = this.entries.get(id);
    this.#keep({ ...mine, was: conflict.sequence });
  }

  /** A conflict is decided for what is there. */
  yield(id) {
    this.#drop(id);
  }

  /** What changed since the last call, for the journal: {kept: [entry], gone: [id]}. */
  unwritten() {
    const touched = [...this.#touched];
    this.#touched.clear();
    return {
      kept: touched.filter((id) => this.entries.has(id)).map((id) => this.entries.get(id)),
      gone: touched.filter((id) => !this.entries.has(id)),
    };
  }

  /** The journal could not be written: everything has to be written again. */
  writeAgain() {
    for (const id of this.entries.keys()) this.#touched.add(id);
  }

  #isFlying(id) {
    return this.flights.some(({ changes }) => changes.some((change) => change.id === id));
  }

  #keep(entry) {
    this.entries.set(entry.id, entry);
    this.#touched.add(entry.id);
  }

  #drop(id) {
    this.entries.delete(id);
    this.#touched.add(id);
  }
}

/** Whether two features say the same: outline, label and name. */
export function isSame(a, b) {
  if (a === null || b === null) return a === b;
  return essence(a) === essence(b);
}

function essence({ geometry, properties }) {
  const { classification, name } = properties;
  return JSON.stringify([geometry.type, geometry.coordinates, classification?.name, name ?? ""]);
}

/**
 * Several tabs may have left states of one region. The newest stays; an older one that is not the
 * same becomes a region of its own, so that nothing drawn is lost. newId(): an id.
 */
export function gathered(entries, newId) {
  const byAge = [...entries].sort((a, b) => a.at - b.at);
  const newest = new Map(byAge.map((entry) => [entry.id, entry]));
  const older = byAge.filter((entry) => {
    const last = newest.get(entry.id);
    return entry !== last && entry.feature !== null && !isSame(entry.feature, last.feature);
  });
  const copies = older.map(({ feature, at }) => {
    const id = newId();
    return { id, feature: { ...feature, id }, was: 0, at, isNew: true };
  });
  return [...newest.values(), ...copies];
}
