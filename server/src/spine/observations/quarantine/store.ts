import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** SQL of the quarantine bench: looking at records put aside, and noting what became of them. */

export interface Quarantined {
  readonly quarantineId: number;
  readonly sourceId: number;
  readonly partyId: number;
  readonly batchId: number;
  readonly recordNo: number;
  readonly place: string;
  readonly reason: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  readonly state: 'open' | 'replayed' | 'discarded';
  readonly createdAtMs: number;
  readonly actedBy: string | null;
}

export interface QuarantinedRecord extends Quarantined {
  readonly raw: Buffer;
  readonly before: Buffer;
  readonly after: Buffer;
}

const columns = sql`
  quarantine_id as "quarantineId", source_id as "sourceId", party_id as "partyId", batch_id as "batchId",
  record_no as "recordNo", place, reason, detail, state, created_at as "createdAtMs", acted_by as "actedBy"`;

export async function listQuarantined(
  tx: Tx,
  filter: { sourceId?: number | undefined; state?: string | undefined; afterId: number; limit: number },
): Promise<Quarantined[]> {
  const bySource = filter.sourceId === undefined ? sql`true` : sql`source_id = ${filter.sourceId}`;
  const byState = filter.state === undefined ? sql`true` : sql`state = ${filter.state}`;
  const { rows } = await sql<Quarantined>`
    select ${columns} from quarantine where ${bySource} and ${byState} and quarantine_id > ${filter.afterId}
    order by quarantine_id limit ${filter.limit}`.execute(tx);
  return rows;
}

/** The record with its bytes; locked until the transaction ends when `toAct`. */
export async function quarantinedById(
  tx: Tx,
  quarantineId: number,
  toAct: boolean,
): Promise<QuarantinedRecord | undefined> {
  const { rows } = await sql<QuarantinedRecord>`
    select ${columns}, raw, frame_before as before, frame_after as after
    from quarantine where quarantine_id = ${quarantineId} ${toAct ? sql`for update` : sql``}`.execute(tx);
  return rows[0];
}

export async function settleQuarantined(
  tx: Tx,
  act: {
    quarantineId: number;
    state: 'replayed' | 'discarded';
    mended: Buffer | null;
    batchId: number | null;
    actor: string;
    atMs: number;
  },
): Promise<void> {
  await sql`
    update quarantine set state = ${act.state}, mended = ${act.mended}, replayed_in = ${act.batchId},
      acted_by = ${act.actor}, acted_at = ${at(act.atMs)}
    where quarantine_id = ${act.quarantineId}`.execute(tx);
}

export async function countOpen(tx: Tx): Promise<number> {
  const { rows } = await sql<{
    n: number;
  }>`select count(*) as n from quarantine where state = 'open'`.execute(tx);
  return rows[0]!.n;
}
