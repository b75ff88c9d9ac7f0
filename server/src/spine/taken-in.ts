/** A step of judging: what comes by its turn in it, and what statements after it began can see. */
export interface Turn {
  /** The transactions of the chunks whose turn it is. */
  readonly xids: ReadonlyMap<number, bigint>;
  /** Whatever a transaction below it stored is seen by every statement of the step. */
  readonly horizonXid: bigint;
  /** Chunks of transactions below it had their turn. */
  readonly positionXid: bigint;
}

/** What judging again from stored observations read: also records whose turn had not come yet. */
export interface Read {
  /** Verdicts from this moment on are those of what was read. */
  readonly fromMs: number;
  /** The claims whose records were read; absent: all that name the subject. */
  readonly claims?: ReadonlySet<string>;
}

/** Every chunk of a transaction below `belowXid` is in what was read. */
interface Kept extends Read {
  readonly belowXid: bigint;
}

/** Kept at once; beyond it what no record can come below any more goes, and then all. */
const MOST_KEPT = 500_000;
/** Kept of each: what was read from an earlier moment on says what a later reading does not. */
const MOST_READ = 4;

/**
 * Remembers, of what was judged again, which records were taken in before their turn, so that they are not taken for
 * late ones when it comes: after a restart whatever waits is read with the first record of its subject. Only an
 * accelerator: a record that is not known here is judged, and where it is late its subject is judged again.
 */
export class TakenIn<Id> {
  readonly #kept = new Map<Id, readonly Kept[]>();
  readonly #most: number;

  constructor(most = MOST_KEPT) {
    this.#most = most;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Whether the verdicts that the record bears on were judged with it. */
  holds(
    id: Id,
    record: { readonly chunkId: number; readonly observedAtMs: number; readonly claim: string },
    turn: Turn,
  ): boolean {
    const xid = turn.xids.get(record.chunkId);
    const kept = this.#kept.get(id);
    if (xid === undefined || kept === undefined) return false;
    return kept.some(
      ({ belowXid, fromMs, claims }) =>
        xid < belowXid && record.observedAtMs >= fromMs && (claims === undefined || claims.has(record.claim)),
    );
  }

  /** Notes what was read; what was read before still holds, unless the past of it `isChanged` since. */
  note(id: Id, read: Read, isChanged: boolean, turn: Turn): void {
    if (this.#kept.size >= this.#most && !this.#kept.has(id)) this.#makeRoom(turn.positionXid);
    const before = isChanged ? [] : (this.#kept.get(id) ?? []);
    const others = before.filter(each => each.fromMs < read.fromMs || !isWithin(each.claims, read.claims));
    this.#kept.set(id, [...others, { ...read, belowXid: turn.horizonXid }].slice(-MOST_READ));
  }

  forget(id: Id): void {
    this.#kept.delete(id);
  }

  clear(): void {
    this.#kept.clear();
  }

  /** Chunks come in the order of their transactions: below the position none is left to come. */
  #makeRoom(positionXid: bigint): void {
    for (const [id, kept] of this.#kept)
      if (kept.every(each => each.belowXid <= positionXid)) this.#kept.delete(id);
    if (this.#kept.size > this.#most / 2) this.#kept.clear();
  }
}

function isWithin(some: ReadonlySet<string> | undefined, all: ReadonlySet<string> | undefined): boolean {
  return all === undefined || (some !== undefined && [...some].every(claim => all.has(claim)));
}
