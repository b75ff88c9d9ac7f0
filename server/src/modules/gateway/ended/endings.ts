import { randomUUID } from 'node:crypto';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { stage } from '../../../spine/ledger/stage.ts';
import type { Closed } from '../sessions.ts';
import { addEnding, addWithheld, type Ending } from './store.ts';
import { summaryOf, type Withheld } from './withheld.ts';

type Waiting = Ending & { readonly withheld: readonly Withheld[] };

/**
 * What this gateway did about certificates that were ended, until it is on record: nobody waits for that, for the
 * connections are closed by then. Each ending is written once, whichever answer of the database was lost (I-03, I-04).
 */
export class Endings {
  private waiting: Waiting[] = [];
  private readonly node: string;

  constructor(node: string) {
    this.node = node;
  }

  /** How many are still to be written. */
  get size(): number {
    return this.waiting.length;
  }

  add(
    { credentialId, partyId, reference, fault, connections, atMs }: Closed,
    withheld: readonly Withheld[],
  ): void {
    const { node } = this;
    const of = { partyId, certificateId: credentialId, device: reference, fault };
    this.waiting.push({ endingId: randomUUID(), ...of, node, connections, endedAtMs: atMs, withheld });
  }

  /** Writes what waits, each ending with its entry in one transaction of its party. What fails waits on. */
  async settle(database: Database): Promise<void> {
    for (let one = this.waiting[0]; one !== undefined; one = this.waiting[0]) {
      const ending = one;
      await database.door(ending.partyId, tx => write(tx, ending));
      this.waiting = this.waiting.filter(each => each !== ending);
    }
  }
}

async function write(tx: Tx, one: Waiting): Promise<void> {
  if (!(await addEnding(tx, one))) return;
  await addWithheld(tx, one, one.withheld);
  await stage(tx, {
    act: 'gateway-closed',
    object: `certificate/${one.certificateId}`,
    partyId: one.partyId,
    actor: `gateway/${one.node}`,
    atMs: one.endedAtMs,
    detail: { fault: one.fault, connections: one.connections, withheld: summaryOf(one.withheld) },
  });
}
