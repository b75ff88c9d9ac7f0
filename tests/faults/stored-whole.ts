import { join } from 'node:path';
import { sql } from 'kysely';
import { connectDatabase } from '../../server/src/kernel/database/connect.ts';
import { reachLaunched } from '../../server/src/kernel/database/open.ts';
import type { Pool } from '../../server/src/kernel/database/transaction.ts';
import { silentLog } from '../../server/src/kernel/log.ts';

export interface StoredBatch {
  readonly id: number;
  readonly state: string;
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

/** What lies in a server's database after a run, read past the server. */
export interface StoredWhole {
  readonly batches: readonly StoredBatch[];
  readonly counts: Readonly<Record<Count, number>>;
  /** A digest over the digests of all records. */
  readonly records: string;
  /** Standing findings: rule, subject and the digest of the record that completed each, sorted. */
  readonly standing: readonly string[];
  readonly letters: readonly {
    readonly orderKey: string;
    readonly reference: string;
    readonly state: string;
  }[];
}

const COUNTS = {
  records: sql`select count(*) from observation`,
  distinctRecords: sql`select count(distinct digest) from observation`,
  quarantined: sql`select count(*) from quarantine where state = 'open'`,
  findings: sql`select count(*) from finding`,
  distinctFindings: sql`select count(*) from (select distinct rule_id, subject_id, completed_by, observed_at from finding) f`,
  withdrawals: sql`select count(*) from finding_standing where standing = 'withdrawn'`,
  foundRows: sql`select count(*) from finding_standing where standing = 'found'`,
  joined: sql`select count(*) from case_finding`,
  cases: sql`select count(*) from incident`,
  caseKeys: sql`select count(*) from (select distinct subject_id, rule_id from finding) f`,
  openings: sql`select count(*) from case_act where kind = 'opened'`,
  measures: sql`select count(*) from measure`,
  casesMeasured: sql`select count(distinct case_id) from measure`,
  letters: sql`select count(*) from outbox`,
  lettersOpen: sql`select count(*) from outbox where done_at is null`,
  sentAgain: sql`select count(*) from outbox where attempts > 1`,
  stepsTwice: sql`select count(*) from (select 1 from measure_step group by measure_id, to_state having count(*) > 1) s`,
  entries: sql`select count(*) from ledger_entry`,
  staged: sql`select count(*) from ledger_stage`,
  lastIndex: sql`select coalesce(max(entry_index), -1) from ledger_entry`,
  entriesBatch: sql`select count(*) from ledger_entry where act = 'batch-accepted'`,
  entriesFound: sql`select count(*) from ledger_entry where act = 'finding-found'`,
  entriesWithdrawn: sql`select count(*) from ledger_entry where act = 'finding-withdrawn'`,
  entriesOpened: sql`select count(*) from ledger_entry where act = 'case-opened'`,
  entriesOrdered: sql`select count(*) from ledger_entry where act = 'measure-ordered'`,
} as const;
export type Count = keyof typeof COUNTS;

/** A look into the embedded database of a data folder, which outlives kills of that database. */
export interface Look {
  measuresMoving(): Promise<number>;
  /** Whether nothing waits to be judged, ordered or sequenced. */
  isDrained(): Promise<boolean>;
  /** How many of these answered batches are not stored, complete, with the counts that were answered. */
  missing(answered: readonly Omit<StoredBatch, 'state'>[]): Promise<number>;
  whole(): Promise<StoredWhole>;
  close(): Promise<void>;
}

export function openLook(dataDir: string): Look {
  const where = { host: join(dataDir, 'postgresql/run'), port: 5432, superuser: 'postgres' };
  const connected = connectDatabase(reachLaunched(where, 'thingward'), silentLog);
  const db = connected.corridor;
  const one = async (query: ReturnType<typeof sql>): Promise<number> =>
    (await sql<{ n: number }>`select (${query})::bigint as n`.execute(db)).rows[0]!.n;
  return {
    measuresMoving: () =>
      one(sql`select count(*) from measure where state in ('decided', 'ordered', 'accepted')`),
    isDrained: async () => {
      try {
        return (
          (await one(sql`select (select count(*) from dirty) + (select count(*) from claim_due)
          + (select count(*) from ledger_stage) + (select count(*) from outbox where done_at is null)
          + (select count(*) from measure where state in ('decided', 'ordered', 'accepted'))
          + (select count(*) from chunk c, judge_partition p where (c.xid, c.chunk_id) > (p.position_xid, p.position_chunk))
          + (select count(*) from tick t, judge_partition p where (t.xid, t.tick_id) > (p.position_tick_xid, p.position_tick))`)) ===
          0
        );
      } catch {
        return false;
      }
    },
    missing: async answered => {
      const found = await sql<StoredBatch>`
        select batch_id as id, state, received, accepted, duplicate, quarantined from batch
        where state = 'complete' and batch_id = any(${answered.map(each => each.id)})`.execute(db);
      const name = (batch: Omit<StoredBatch, 'state'>): string =>
        [batch.id, batch.received, batch.accepted, batch.duplicate, batch.quarantined].join();
      const stored = new Set(found.rows.map(name));
      return answered.filter(batch => !stored.has(name(batch))).length;
    },
    whole: () => readWhole(db, one),
    close: () => connected.close(),
  };
}

async function readWhole(
  db: Pool,
  one: (query: ReturnType<typeof sql>) => Promise<number>,
): Promise<StoredWhole> {
  const counts = {} as Record<Count, number>;
  for (const name of Object.keys(COUNTS) as Count[]) counts[name] = await one(COUNTS[name]);
  const batches = await sql<StoredBatch>`
    select batch_id as id, state, received, accepted, duplicate, quarantined from batch order by 1`.execute(
    db,
  );
  const records = await sql<{ all: string }>`
    select encode(sha256(string_agg(digest, ''::bytea order by digest)), 'hex') as all from observation`.execute(
    db,
  );
  const standing = await sql<{ name: string }>`
    select concat_ws(' ', f.rule_id, s.reference, f.observed_at, encode(f.completed_by, 'hex')) as name
    from finding f join subject s using (subject_id)
    where (select standing from finding_standing l where l.finding_id = f.finding_id
      order by standing_id desc limit 1) <> 'withdrawn' order by 1`.execute(db);
  const letters = await sql<StoredWhole['letters'][number]>`
    select o.order_key as "orderKey", s.reference, m.state from outbox o
    join measure m using (measure_id) join subject s using (subject_id)`.execute(db);
  return {
    batches: batches.rows,
    counts,
    records: records.rows[0]!.all,
    standing: standing.rows.map(row => row.name),
    letters: letters.rows,
  };
}
