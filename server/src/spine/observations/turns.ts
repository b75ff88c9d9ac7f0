import type { Database } from '../../kernel/database/transaction.ts';

/** Accept commits that run at once; the door's other connections stay free for whoever reads. */
const LANES = 4;

/** Whose commit it is, and of which source: commits of one source follow one another in any case. */
export interface TurnOf {
  readonly partyId: number;
  readonly sourceId: number;
}

interface Waiting extends TurnOf {
  readonly begin: () => void;
}

/**
 * Turns at the database for accept commits, shared out by party (E-05): a party that always has something waiting
 * is served once for each time that every other party that waits is served, however much it sends. Within a party
 * whoever came first goes first, save that a source whose commit is under way holds up nobody but itself.
 */
export class Turns {
  /** Parties that wait, the one served longest ago first. */
  private readonly parties = new Map<number, Waiting[]>();
  private readonly busySources = new Set<number>();
  private running = 0;
  private readonly lanes: number;

  constructor(lanes = LANES) {
    this.lanes = lanes;
  }

  /** Commits that wait for their turn. */
  get waiting(): number {
    let count = 0;
    for (const queue of this.parties.values()) count += queue.length;
    return count;
  }

  /** Runs the work when its turn has come. What it throws is the caller's, and ends the turn like any other end. */
  async inTurn<T>(of: TurnOf, work: () => Promise<T>): Promise<T> {
    await this.turn(of);
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.busySources.delete(of.sourceId);
      this.grant();
    }
  }

  private turn({ partyId, sourceId }: TurnOf): Promise<void> {
    return new Promise(begin => {
      const queue = this.parties.get(partyId) ?? [];
      queue.push({ partyId, sourceId, begin });
      this.parties.set(partyId, queue);
      this.grant();
    });
  }

  private grant(): void {
    for (let next = this.next(); next !== null; next = this.next()) {
      this.running += 1;
      this.busySources.add(next.sourceId);
      next.begin();
    }
  }

  /** Takes the next turn out of its queue, and puts its party behind all others. */
  private next(): Waiting | null {
    if (this.running >= this.lanes) return null;
    for (const [partyId, queue] of this.parties) {
      const at = queue.findIndex(({ sourceId }) => !this.busySources.has(sourceId));
      if (at < 0) continue;
      const [found] = queue.splice(at, 1) as [Waiting];
      this.parties.delete(partyId);
      if (queue.length > 0) this.parties.set(partyId, queue);
      return found;
    }
    return null;
  }
}

const turns = new WeakMap<Database, Turns>();

/** The turns at a database in this process. */
export function turnsOf(database: Database): Turns {
  let found = turns.get(database);
  if (found === undefined) {
    found = new Turns();
    turns.set(database, found);
  }
  return found;
}
