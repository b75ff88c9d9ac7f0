import type { Database } from '../../../kernel/database/transaction.ts';
import type { ChunkRef } from './store.ts';

/**
 * Shares judging out by party (E-05): of the parties with chunks that wait, the one of which the fewest records were
 * judged goes next. A party that begins to wait counts as if as many of its records had been judged as of the one
 * that got least, so that it neither waits behind a backlog of others nor holds them up for having been silent.
 *
 * What was shared out is remembered by this process alone: it decides only who goes first, never what is found.
 */
export class FairShare {
  private judged = new Map<number, number>();

  /** Chunks to be judged next, a chunk at least while any waits, until about so many records; those of a party in their order. */
  pick(waiting: readonly ChunkRef[], mostRecords: number): ChunkRef[] {
    const queues = Map.groupBy(waiting, chunk => chunk.partyId);
    this.admit([...queues.keys()]);
    const picked: ChunkRef[] = [];
    for (let records = 0; records < mostRecords; ) {
      const partyId = this.next(queues);
      if (partyId === null) break;
      const chunk = queues.get(partyId)?.shift() as ChunkRef;
      picked.push(chunk);
      records += chunk.accepted;
      this.judged.set(partyId, (this.judged.get(partyId) ?? 0) + chunk.accepted);
    }
    return picked;
  }

  private admit(parties: readonly number[]): void {
    const known = parties.flatMap(partyId => this.judged.get(partyId) ?? []);
    const least = known.length === 0 ? 0 : Math.min(...known);
    this.judged = new Map(parties.map(partyId => [partyId, this.judged.get(partyId) ?? least]));
  }

  private next(queues: ReadonlyMap<number, readonly ChunkRef[]>): number | null {
    let found: number | null = null;
    for (const [partyId, queue] of queues) {
      if (queue.length === 0) continue;
      if (found === null || this.of(partyId) < this.of(found)) found = partyId;
    }
    return found;
  }

  private of(partyId: number): number {
    return this.judged.get(partyId) ?? 0;
  }
}

const shares = new WeakMap<Database, FairShare>();

/** The sharing out of judging at a database in this process. */
export function fairShareOf(database: Database): FairShare {
  let found = shares.get(database);
  if (found === undefined) {
    found = new FairShare();
    shares.set(database, found);
  }
  return found;
}
