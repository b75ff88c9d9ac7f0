import { sql } from 'kysely';
import type { TestDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { claimsOf } from '../../server/src/modules/cards/identifiers/claims.ts';
import { limitCard } from '../../server/src/modules/cards/measures/limit-card.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { terminateCard } from '../../server/src/modules/cards/measures/terminate-card.ts';
import type { Batch, Counts, Result } from '../../server/src/spine/measures/batches/batch.ts';
import { membersNamed } from '../../server/src/spine/measures/batches/members.ts';
import { orderBatch, type WantedBatch } from '../../server/src/spine/measures/batches/order-batch.ts';
import {
  batchById,
  countsOf,
  type MemberRow,
  membersOf,
} from '../../server/src/spine/measures/batches/store.ts';
import { runBatchRound } from '../../server/src/spine/measures/batches/work.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import type { Adapter } from '../../server/src/spine/measures/ports.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';

/** A provider in memory that acts on a key once and has its own mind about some cards. */
export interface Platform {
  readonly restricted: Map<string, number>;
  readonly limited: Map<string, number>;
  /** Every order that was handed in, in its order: `suspend 8986…`. */
  readonly handedIn: string[];
  /** Orders acted on, by key. */
  readonly acted: Map<string, string>;
  /** Cards it refuses, by reference. */
  readonly refuses: Set<string>;
  isReachable: boolean;
}

export interface BatchScene extends Scene {
  readonly platform: Platform;
  /** References of the party's cards, in the order of their numbers. */
  readonly cards: readonly string[];
  readonly subjectIds: readonly number[];
  order(
    wanted: Partial<WantedBatch>,
    names: readonly string[],
    by?: string,
    through?: Database,
  ): Promise<Batch>;
  /** Rounds until nothing more happens, as far as the clock goes; the batches' own work through the database given. */
  rounds(most?: number, through?: Database): Promise<void>;
  batch(batchId: number): Promise<Batch>;
  counts(batchId: number): Promise<Counts>;
  results(batchId: number): Promise<Result[]>;
  members(batchId: number): Promise<MemberRow[]>;
}

let parties = 0;

/** A party with a number of cards, their provider, and people who order: `officer`, `lead`. */
export async function makeBatchScene(db: TestDatabase, cardCount: number): Promise<BatchScene> {
  const platform: Platform = {
    restricted: new Map(),
    limited: new Map(),
    handedIn: [],
    acted: new Map(),
    refuses: new Set(),
    isReachable: true,
  };
  const scene = await makeScene(db.database, {
    url: 'http://127.0.0.1:1',
    kinds: [limitCard, suspendCard, terminateCard],
    adapters: { 'simulated-provider': adapterOf(platform) },
  });
  const { partyId, works, clock } = scene;
  const { cards, subjectIds } = await makeCards(db, partyId, cardCount);
  for (const name of ['officer', 'lead'])
    await sql`
      insert into membership (user_id, party_id, role, granted_by)
      values (${`${name}-${partyId}`}, ${partyId}, ${name === 'lead' ? 'supervisor' : 'case-officer'}, 'test')`.execute(
      db.owner,
    );
  const order: BatchScene['order'] = async (
    wanted,
    names,
    by = `person/officer-${partyId}`,
    through = db.database,
  ) => {
    const whole = {
      key: 'key',
      deed: 'apply',
      kind: 'suspend-card',
      why: 'one device, many cards',
      ...wanted,
    } as const;
    const sent = { ...whole, names: [...names] } as never;
    const hand = { actor: by, atMs: clock.now() };
    return await through.door(partyId, async tx => {
      const { batch } = await orderBatch(
        tx,
        works,
        partyId,
        { ...whole, sent },
        async inner => ({
          members: await membersNamed(
            inner,
            partyId,
            names.map(given => ({ given, claims: claimsOf(given) })),
            ['card'],
            clock.now(),
          ),
          origin: 'list',
          ruleId: null,
        }),
        hand,
      );
      return batch;
    });
  };
  return {
    ...scene,
    platform,
    cards,
    subjectIds,
    order,
    rounds: async (most = 40, through = db.database) => {
      for (let round = 0; round < most; round += 1) {
        const settled = await runBatchRound({ ...works, database: through });
        const { sent, moved } = await runMeasureRound(works);
        clock.advance(1_000);
        if (settled + sent + moved === 0 && round > 2) return;
      }
    },
    batch: async id => (await db.database.corridor(tx => batchById(tx, id))) as Batch,
    counts: id => db.database.corridor(tx => countsOf(tx, id)),
    members: id => db.database.corridor(tx => membersOf(tx, id, null, 0, 20_000)),
    results: async id =>
      (await db.database.corridor(tx => membersOf(tx, id, null, 0, 20_000))).map(row => row.result),
  };
}

async function makeCards(
  db: TestDatabase,
  partyId: number,
  count: number,
): Promise<{ cards: string[]; subjectIds: number[] }> {
  parties += 1;
  const first = BigInt(`89860${String(parties).padStart(4, '0')}0000000000`);
  const cards = Array.from({ length: count }, (_, i) => String(first + BigInt(i)));
  const { rows } = await sql<{ id: number }>`
    insert into subject (party_id, kind, reference)
    select ${partyId}, 'card', r from unnest(${cards}::text[]) with ordinality as t (r, n) order by n
    returning subject_id as id`.execute(db.owner);
  const subjectIds = rows.map(row => row.id);
  await sql`
    insert into alias (party_id, claim, subject_id, stated_by)
    select ${partyId}, 'iccid:' || r, id, 'test' from unnest(${cards}::text[], ${subjectIds}::bigint[]) as t (r, id)`.execute(
    db.owner,
  );
  return { cards, subjectIds };
}

function adapterOf(platform: Platform): Adapter {
  return () => ({
    submit: async ({ orderKey, action, reference }) => {
      platform.handedIn.push(`${action} ${reference}`);
      if (!platform.isReachable) throw new Error('nobody answers');
      if (platform.refuses.has(reference)) return { taken: false, reason: 'card-unknown-to-provider' };
      const isNew = !platform.acted.has(orderKey);
      const held = action.endsWith('limit') ? platform.limited : platform.restricted;
      const was = held.has(reference);
      const isOn = action === 'suspend' || action === 'limit';
      platform.acted.set(orderKey, `${action} ${reference}`);
      if (isNew && isOn) held.set(reference, 0);
      if (isNew && (action === 'resume' || action === 'unlimit')) held.delete(reference);
      return { taken: true, providerOrder: `${action}/${was === isOn ? 'already' : 'done'}` };
    },
    outcome: async order => ({ state: 'done', already: order.endsWith('already') }),
    state: async (reference, action) => ({
      restricted: (action === 'limit' ? platform.limited : platform.restricted).has(reference),
      sinceMs: 0,
      refusedAttempts: 0,
      lastRefusedMs: null,
    }),
  });
}

/** What was refused, by its code; undefined when it was not. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return thrown.code;
  }
}
