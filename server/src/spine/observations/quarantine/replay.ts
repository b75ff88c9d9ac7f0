import { sha256 } from '../../../kernel/bytes.ts';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { stage } from '../../ledger/stage.ts';
import { acceptInto, type Balance, closeInto, type IntakeDoors } from '../intake.ts';
import type { Cut } from '../observation.ts';
import { openBatch, type Source, sourceById } from '../store.ts';
import {
  listQuarantined,
  type Quarantined,
  type QuarantinedRecord,
  quarantinedById,
  settleQuarantined,
} from './store.ts';

export type QuarantineCode =
  | 'quarantined-unknown'
  | 'quarantined-settled'
  | 'replay-unread'
  | 'mend-not-text';

export { listQuarantined, type Quarantined, quarantinedById };

/**
 * Reads a record from quarantine again, as it stands or as it was mended, under the source's present
 * profile (C-22). When it now reads, the same commit accepts it as a batch of its own and settles the row;
 * when it does not, the row stays open and the new reason is told.
 *
 * Runs safely twice: the settled row refuses, and the record's digest makes a second acceptance a duplicate.
 */
export async function replay(
  doors: IntakeDoors,
  actor: { partyId: number; label: string },
  quarantineId: number,
  mended: Uint8Array | undefined,
): Promise<Balance & { batchId: number }> {
  const { record, source } = await lookUp(doors, actor, quarantineId);
  const bytes = Buffer.concat([record.before, mended ?? record.raw, record.after]);
  const cuts = await readAgain(doors, source, bytes, quarantineId);
  const receivedAtMs = doors.clock.now();
  const leaf = await doors.leafFor(receivedAtMs);
  const outcome = await doors.database.door(source.partyId, async tx => {
    await refuseUnlessOpen(tx, quarantineId);
    const batchId = await openBatch(tx, source, `replay of quarantine/${quarantineId}`, receivedAtMs);
    const balance = await acceptInto(tx, source, batchId, cuts, { receivedAtMs, leaf });
    await settle(tx, actor, record, { state: 'replayed', mended, batchId, atMs: receivedAtMs });
    const contentSha256 = sha256(bytes);
    await closeInto(tx, actor, source, { batchId, balance, contentSha256, flags: [], atMs: receivedAtMs });
    return { ...balance, batchId };
  });
  doors.onAccepted?.(source.partyId, outcome.batchId);
  return outcome;
}

async function lookUp(
  doors: IntakeDoors,
  actor: { partyId: number },
  quarantineId: number,
): Promise<{ record: QuarantinedRecord; source: Source }> {
  return doors.database.door(actor.partyId, async tx => {
    const record = await quarantinedById(tx, quarantineId, false);
    if (record === undefined) throw refusal('quarantined-unknown', quarantineId);
    if (record.state !== 'open') throw refusal('quarantined-settled', quarantineId);
    const source = await sourceById(tx, record.sourceId);
    if (source === undefined) throw refusal('quarantined-unknown', quarantineId);
    return { record, source };
  });
}

async function readAgain(
  doors: IntakeDoors,
  source: Source,
  bytes: Uint8Array,
  quarantineId: number,
): Promise<Cut[]> {
  const format = doors.formats.get(source.format);
  if (format === undefined) throw refusal('replay-unread', quarantineId, { reason: 'format-unknown' });
  const cuts: Cut[] = [];
  for await (const cut of format.read(once(bytes), source.profile)) {
    if ('unread' in cut.outcome) {
      const { place, reason, detail } = cut.outcome.unread;
      throw refusal('replay-unread', quarantineId, { ...detail, place, reason });
    }
    cuts.push(cut);
  }
  if (cuts.length === 0) throw refusal('replay-unread', quarantineId, { reason: 'no-record' });
  return cuts;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function refusal(
  code: QuarantineCode,
  quarantineId: number,
  detail: Record<string, string | number | boolean> = {},
): Refusal<QuarantineCode> {
  return new Refusal(code, { subject: `quarantine/${quarantineId}`, detail });
}

async function refuseUnlessOpen(tx: Tx, quarantineId: number): Promise<void> {
  const record = await quarantinedById(tx, quarantineId, true);
  if (record === undefined) throw refusal('quarantined-unknown', quarantineId);
  if (record.state !== 'open') throw refusal('quarantined-settled', quarantineId);
}

async function settle(
  tx: Tx,
  actor: { label: string },
  record: QuarantinedRecord,
  act: {
    state: 'replayed' | 'discarded';
    mended?: Uint8Array | undefined;
    batchId?: number;
    atMs: number;
    reason?: string;
  },
): Promise<void> {
  await settleQuarantined(tx, {
    quarantineId: record.quarantineId,
    state: act.state,
    mended: act.mended === undefined ? null : Buffer.from(act.mended),
    batchId: act.batchId ?? null,
    actor: actor.label,
    atMs: act.atMs,
  });
  await stage(tx, {
    act: `quarantine-${act.state}`,
    object: `quarantine/${record.quarantineId}`,
    partyId: record.partyId,
    actor: actor.label,
    atMs: act.atMs,
    detail: { source: record.sourceId, mended: act.mended !== undefined, reason: act.reason ?? '' },
  });
}

/** Says that a record will not be replayed, by whom and why; its bytes stay. */
export async function discard(
  doors: IntakeDoors,
  actor: { partyId: number; label: string },
  quarantineId: number,
  reason: string,
): Promise<void> {
  const { record } = await lookUp(doors, actor, quarantineId);
  await doors.database.door(actor.partyId, async tx => {
    await refuseUnlessOpen(tx, quarantineId);
    await settle(tx, actor, record, { state: 'discarded', reason, atMs: doors.clock.now() });
  });
}
