import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { randomId } from '../../kernel/ids.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { stage } from '../ledger/stage.ts';
import { type ColumnMapping, OWN_COLUMNS } from './column-mapping.ts';
import type { RecordDoors } from './recorded.ts';
import { planRows, type Row, type RowOutcome } from './register/plan.ts';
import { contestedAmong, loadState, lockRegistry, markTouched, saveState } from './register/store.ts';
import type { Registration, TableKind } from './registration.ts';
import { callForClaims } from './stated/store.ts';
import { readTable } from './table.ts';

/** Rows that are registered in one commit. */
const CHUNK_ROWS = 1_000;
/** Refused rows and contested claims that a report lists; all are counted. */
const MOST_LISTED = 500;

/** What became of a table: rows = registered + unchanged + refused, to the row. */
export interface ImportReport {
  readonly importId: string;
  readonly name: string;
  readonly rows: number;
  readonly registered: number;
  readonly unchanged: number;
  readonly refusedCount: number;
  readonly refused: readonly { readonly place: string; readonly reason: string }[];
  /** Claims that after this import several subjects bear at once: they name nobody until that is mended (C-15). */
  readonly contestedCount: number;
  readonly contested: readonly string[];
}

interface Tally {
  rows: number;
  registered: number;
  unchanged: number;
  refusedCount: number;
  readonly refused: Array<{ place: string; reason: string }>;
  readonly contested: Set<string>;
}

/**
 * Registers a table for the actor's party, chunk by chunk; each chunk is one commit, so a broken upload leaves
 * whole rows only, and sending the table again adds what is missing and changes nothing else. Memory is
 * bounded by a chunk.
 *
 * The ledger has the beginning with the first chunk, the mapping in it when there is one, and the end, good or bad, with the counts and the digest
 * of what was read.
 */
export async function importTable(
  doors: RecordDoors,
  actor: { readonly partyId: number; readonly label: string },
  kind: TableKind,
  bytes: Readable,
  mapping: ColumnMapping = OWN_COLUMNS,
): Promise<ImportReport> {
  const importId = randomId();
  const content = createHash('sha256');
  bytes.on('data', (part: Buffer) => content.update(part));
  const tally: Tally = {
    rows: 0,
    registered: 0,
    unchanged: 0,
    refusedCount: 0,
    refused: [],
    contested: new Set(),
  };
  const put = (tx: Tx, act: string, detail: Record<string, Canonical>) =>
    stage(tx, {
      act,
      object: `import/${importId}`,
      partyId: actor.partyId,
      actor: actor.label,
      atMs: doors.clock.now(),
      detail: { table: kind.name, ...detail },
    });
  let isBegun = false;
  try {
    for await (const rows of inChunks(readTable(kind, mapping, bytes), CHUNK_ROWS)) {
      const chunk = await doors.database.door(actor.partyId, async tx => {
        if (!isBegun)
          await put(tx, 'import-begun', mapping === OWN_COLUMNS ? {} : { mapping: mappingOf(mapping) });
        return registerRows(tx, actor.partyId, rows, `import/${importId}`, doors.clock.now());
      });
      count(tally, chunk);
      isBegun = true;
    }
    const detail = { ...countsOf(tally), sha256: content.digest('hex') };
    await doors.database.door(actor.partyId, tx => put(tx, 'import-done', detail));
  } catch (thrown) {
    const code = isRefusal(thrown) ? thrown.code : 'failed';
    await doors.database
      .door(actor.partyId, tx => put(tx, 'import-broken', { ...countsOf(tally), code }))
      .catch(() => undefined);
    throw thrown;
  }
  const { contested, ...rest } = tally;
  return {
    importId,
    name: kind.name,
    ...rest,
    contestedCount: contested.size,
    contested: [...contested].slice(0, MOST_LISTED),
  };
}

/** What became of some rows: their outcomes in order, and which of their claims several subjects bear. */
export interface Registered {
  readonly outcomes: readonly RowOutcome[];
  readonly contested: readonly string[];
}

/**
 * Registers rows in the caller's transaction, which is the party's own. When it commits, every subject whose
 * past changed is marked to be judged again from the earliest change.
 */
export async function registerRows(
  tx: Tx,
  partyId: number,
  rows: readonly Row[],
  statedBy: string,
  atMs: number,
): Promise<Registered> {
  await lockRegistry(tx, partyId);
  const registrations = rows.flatMap(row => ('refused' in row.asks ? [] : row.asks.registrations));
  const state = await loadState(tx, partyId, registrations.flatMap(namedBy));
  const { outcomes, touches } = planRows(state, rows, statedBy);
  await saveState(tx, partyId, state, atMs);
  await markTouched(tx, state, touches, atMs);
  const claims = touches.flatMap(touch => touch.claim ?? []);
  if (claims.length === 0) return { outcomes, contested: [] };
  await callForClaims(tx, claims);
  return { outcomes, contested: await contestedAmong(tx, claims) };
}

function mappingOf({ columns, ignored, encoding }: ColumnMapping): Canonical {
  return {
    columns: { ...columns },
    ignored: [...ignored],
    ...(encoding === OWN_COLUMNS.encoding ? {} : { encoding }),
  };
}

function namedBy(asked: Registration): Array<{ kind: string; reference: string }> {
  return asked.do === 'link' ? [asked.from, asked.to] : [asked];
}

async function* inChunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

function count(tally: Tally, { outcomes, contested }: Registered): void {
  for (const { place, outcome, reason } of outcomes) {
    tally.rows += 1;
    if (outcome === 'registered') tally.registered += 1;
    else if (outcome === 'unchanged') tally.unchanged += 1;
    else {
      tally.refusedCount += 1;
      if (tally.refused.length < MOST_LISTED) tally.refused.push({ place, reason: reason ?? '' });
    }
  }
  for (const claim of contested) tally.contested.add(claim);
}

function countsOf(tally: Tally): Record<string, number> {
  const { rows, registered, unchanged, refusedCount, contested } = tally;
  return { rows, registered, unchanged, refused: refusedCount, contested: contested.size };
}
