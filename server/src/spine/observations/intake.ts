import { createHash } from 'node:crypto';
import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Clock } from '../../kernel/time.ts';
import { stage } from '../ledger/stage.ts';
import { keepStated, type StatedTogether } from '../registry/stated.ts';
import { writeChunk } from './chunks/store.ts';
import { recordDigest } from './digest.ts';
import type { FileReport, RecordFormat } from './format.ts';
import type { Cut, Unread } from './observation.ts';
import { type Recognition, recognitionOf } from './recognition/recognise.ts';
import { knownDigests, lockedState } from './recognition/store.ts';
import { type Sorted, sortOut } from './sort-out.ts';
import { storableFlags } from './storable.ts';
import * as store from './store.ts';
import { turnsOf } from './turns.ts';

/** Records gathered into one commit: 2,000 or 4 MiB of raw bytes, whichever is reached first (engine.md §5). */
const CHUNK_RECORDS = 2_000;
const CHUNK_BYTES = 4 << 20;
const BREAK_AGAIN_MS = 1_000;
const MOST_BREAKS = 3_600;

export type IntakeCode =
  | 'source-unknown'
  | 'format-unknown'
  | 'source-retired'
  | 'source-is-own'
  | 'batch-cut-off'
  | 'batch-closed';

export interface IntakeDoors {
  readonly database: Database;
  readonly clock: Clock;
  readonly formats: ReadonlyMap<string, RecordFormat>;
  /** Makes sure that the leaf of the day of `ms` exists, and says its name. */
  leafFor(ms: number): Promise<string>;
  /** Called after each accept commit: the judge has something to read. */
  onAccepted?(partyId: number, batchId: number): void;
}

/** What became of the records of a batch: received = accepted + duplicate + quarantined, always (C-22). */
export interface Balance {
  received: number;
  accepted: number;
  duplicate: number;
  quarantined: number;
}

export interface BatchReport extends Balance {
  readonly batchId: number;
  readonly flags: FileReport['flags'];
  readonly facts: FileReport['facts'];
}

/**
 * Takes a whole stream of a source's bytes into the corridor, chunk by chunk, in bounded memory.
 *
 * When this returns, every record is durable: accepted, recognised as a duplicate, or in quarantine with
 * its reason. When it throws (the stream broke, the database went away, the process died), all chunks
 * committed so far stay, the batch shows as `broken`, and sending the same bytes again adds only what is
 * missing.
 */
export async function takeIn(
  doors: IntakeDoors,
  actor: { partyId: number; label: string },
  sourceId: number,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  from: 'outside' | 'own checks' = 'outside',
): Promise<BatchReport> {
  const source = await openSource(doors, actor.partyId, sourceId, from);
  const batchId = await doors.database.door(actor.partyId, tx =>
    store.openBatch(tx, source, name, doors.clock.now()),
  );
  const balance: Balance = { received: 0, accepted: 0, duplicate: 0, quarantined: 0 };
  const content = createHash('sha256');
  try {
    const report = await readThrough(doors, source, batchId, counted(bytes, content), balance);
    const closing = { batchId, balance, contentSha256: content.digest(), flags: report.flags };
    await doors.database.door(source.partyId, tx =>
      closeInto(tx, actor, source, { ...closing, atMs: doors.clock.now() }),
    );
    return { batchId, ...balance, ...report };
  } catch (cause) {
    await breakOff(doors, source.partyId, batchId);
    throw cause;
  }
}

/**
 * Shows a batch as broken. While the database is away that is tried again in the background, so that a batch
 * nobody sends any more does not look as if it were still being received; after a restart the start does it.
 */
async function breakOff(doors: IntakeDoors, partyId: number, batchId: number, attempts = 1): Promise<void> {
  try {
    await doors.database.door(partyId, tx => store.breakBatch(tx, batchId, doors.clock.now()));
  } catch {
    if (attempts < MOST_BREAKS)
      setTimeout(() => void breakOff(doors, partyId, batchId, attempts + 1), BREAK_AGAIN_MS).unref();
  }
}

/**
 * The source, as a party sees it. Refuses `source-unknown` and `source-retired`, and `source-is-own` where somebody
 * from outside would say what the installation's own checks found.
 */
export async function openSource(
  doors: IntakeDoors,
  partyId: number,
  sourceId: number,
  from: 'outside' | 'own checks' = 'outside',
): Promise<store.Source> {
  const source = await doors.database.door(partyId, tx => store.sourceById(tx, sourceId));
  if (source === undefined)
    throw new Refusal<IntakeCode>('source-unknown', { subject: `source/${sourceId}` });
  if (source.retiredAtMs !== null)
    throw new Refusal<IntakeCode>('source-retired', { subject: `source/${sourceId}` });
  if (source.profile.isOwn === true && from === 'outside')
    throw new Refusal<IntakeCode>('source-is-own', { subject: `source/${sourceId}` });
  return source;
}

async function* counted(bytes: AsyncIterable<Uint8Array>, content: { update(part: Uint8Array): unknown }) {
  for await (const part of bytes) {
    content.update(part);
    yield part;
  }
}

async function readThrough(
  doors: IntakeDoors,
  source: store.Source,
  batchId: number,
  bytes: AsyncIterable<Uint8Array>,
  balance: Balance,
): Promise<FileReport> {
  const format = doors.formats.get(source.format);
  if (format === undefined)
    throw new Refusal<IntakeCode>('format-unknown', { subject: `source/${source.sourceId}` });
  const cuts = format.read(bytes, source.profile);
  let waiting: Cut[] = [];
  let size = 0;
  for (;;) {
    const next = await cuts.next();
    if (!next.done) {
      waiting.push(next.value);
      size += next.value.raw.length;
    }
    if (waiting.length > 0 && (next.done || waiting.length >= CHUNK_RECORDS || size >= CHUNK_BYTES)) {
      add(balance, await acceptChunk(doors, source, batchId, waiting));
      waiting = [];
      size = 0;
    }
    if (next.done) return next.value;
  }
}

function add(balance: Balance, more: Balance): void {
  balance.received += more.received;
  balance.accepted += more.accepted;
  balance.duplicate += more.duplicate;
  balance.quarantined += more.quarantined;
}

/** What became of one record, in the order of the records handed over. */
export type Fate =
  | { readonly outcome: 'accepted' | 'duplicate' }
  | ({ readonly outcome: 'quarantined' } & Unread);

export interface Accepted {
  readonly batchId: number;
  readonly balance: Balance;
  readonly fates: readonly Fate[];
}

/**
 * One accept commit (E-01, E-02): observations, digests, quarantine, the batch's counts and the source's
 * watermark, all or nothing. Commits of one source follow one another, so that a record sent twice at the
 * same moment meets itself; whose turn it is among parties is `Turns`' to say (E-05).
 */
export async function acceptChunk(
  doors: IntakeDoors,
  source: store.Source,
  batchId: number,
  cuts: readonly Cut[],
): Promise<Balance> {
  return turnsOf(doors.database).inTurn(source, async () => {
    const { balance } = await acceptCommit(doors, source, async () => batchId, cuts);
    return balance;
  });
}

/**
 * `acceptChunk` for a caller whose turn it is; the batch is opened, or named, in the same transaction. Refuses
 * `batch-closed`, with nothing written, when it receives no more.
 */
export async function acceptCommit(
  doors: IntakeDoors,
  source: store.Source,
  batchIn: (tx: Tx) => Promise<number>,
  cuts: readonly Cut[],
): Promise<Accepted> {
  const receivedAtMs = doors.clock.now();
  const leaf = await doors.leafFor(receivedAtMs);
  const recognition = recognitionOf(doors.database);
  const done = await doors.database.door(source.partyId, async tx => {
    const batchId = await batchIn(tx);
    const accepted = await acceptWith(tx, source, batchId, cuts, { receivedAtMs, leaf }, recognition);
    if (!accepted.isReceiving) throw new Refusal<IntakeCode>('batch-closed', { subject: `batch/${batchId}` });
    return { batchId, ...accepted };
  });
  if (done.chunk !== null) recognition.added(source.sourceId, { ...done.chunk, receivedAtMs }, done.digests);
  doors.onAccepted?.(source.partyId, done.batchId);
  return { batchId: done.batchId, balance: done.balance, fates: done.fates };
}

type Receipt = { readonly receivedAtMs: number; readonly leaf: string };

/** The body of an accept commit, inside the caller's transaction. */
export async function acceptInto(
  tx: Tx,
  source: store.Source,
  batchId: number,
  cuts: readonly Cut[],
  receipt: Receipt,
): Promise<Balance> {
  const { balance } = await acceptWith(tx, source, batchId, cuts, receipt, null);
  return balance;
}

interface Done {
  readonly balance: Balance;
  /** Whether the batch was still open to records when this one's were counted. */
  readonly isReceiving: boolean;
  readonly fates: Fate[];
  readonly chunk: { readonly chunkId: number; readonly after: number } | null;
  /** Of the records accepted. */
  readonly digests: Buffer[];
}

async function acceptWith(
  tx: Tx,
  source: store.Source,
  batchId: number,
  cuts: readonly Cut[],
  { receivedAtMs, leaf }: Receipt,
  recognition: Recognition | null,
): Promise<Done> {
  const digests = digestsOf(source, cuts);
  const state = await lockedState(tx, source.sourceId);
  const known =
    recognition === null
      ? await knownDigests(tx, digests, receivedAtMs - source.profile.lateWindowMs)
      : await recognition.known(tx, source, state, digests, receivedAtMs);
  const sorted = sortOut(cuts, digests, known, receivedAtMs);
  const quarantined = await store.quarantine(tx, source, batchId, sorted.unread);
  const balance: Balance = {
    received: cuts.length,
    accepted: sorted.rows.length,
    quarantined: quarantined.size,
    duplicate: cuts.length - sorted.rows.length - quarantined.size,
  };
  const chunk = { batchId, leaf, receivedAtMs, rows: sorted.rows };
  const outcome = { ...balance, watermarkMs: sorted.watermarkMs };
  const written = await writeChunk(tx, source, chunk, outcome);
  if (source.profile.mayStateAliases) await keepStated(tx, source, statedIn(sorted.rows));
  if (state.hasOpenQuarantine || quarantined.size > 0)
    await store.releaseRead(tx, source, rawDigestsOf(source, cuts, sorted.rows));
  return {
    balance,
    isReceiving: written.isReceiving,
    chunk: written.chunkId === null ? null : { chunkId: written.chunkId, after: state.lastChunkId },
    fates: fatesOf(sorted, quarantined),
    digests: sorted.rows.map(row => row.digest),
  };
}

/** A record that lies in quarantine since an earlier sending is a duplicate. */
function fatesOf(sorted: Sorted, quarantined: ReadonlySet<string>): Fate[] {
  return sorted.places.map(place => {
    if (place === null) return { outcome: 'duplicate' };
    if ('reading' in place) return { outcome: 'accepted' };
    if (!quarantined.has(place.digest.toString('hex'))) return { outcome: 'duplicate' };
    return { outcome: 'quarantined', place: place.place, reason: place.reason, detail: place.detail };
  });
}

/** The names by which the source's records are recognised, in their order. */
export function digestsOf(source: store.Source, cuts: readonly Cut[]): Buffer[] {
  return cuts.map(({ outcome, raw }) =>
    recordDigest(source.sourceId, 'reading' in outcome ? outcome.reading.recordId : undefined, raw),
  );
}

/** Digests by which accepted records would lie in quarantine, had an earlier sending not been read. */
function rawDigestsOf(
  source: store.Source,
  cuts: readonly Cut[],
  rows: readonly store.ObservationRow[],
): Buffer[] {
  const accepted = new Set(rows.map(row => row.reading));
  const read = cuts.filter(({ outcome }) => 'reading' in outcome && accepted.has(outcome.reading));
  return read.map(cut => recordDigest(source.sourceId, undefined, cut.raw));
}

/** What accepted records state to be one subject; a record whose time was not believed states it for the time of receipt. */
function* statedIn(rows: readonly store.ObservationRow[]): Generator<StatedTogether> {
  for (const { reading, placing } of rows)
    if (reading.alsoClaims !== undefined)
      yield { claims: [reading.claim, ...reading.alsoClaims], atMs: placing.observedAtMs };
}

/** The batch is whole: its counts and the digest of its content go into the ledger with the same commit. */
export async function closeInto(
  tx: Tx,
  actor: { label: string },
  source: store.Source,
  batch: {
    batchId: number;
    balance: Balance;
    contentSha256: Buffer;
    flags: FileReport['flags'];
    atMs: number;
  },
): Promise<void> {
  await store.completeBatch(tx, batch.batchId, batch.contentSha256, storableFlags(batch.flags), batch.atMs);
  const detail: Canonical = {
    source: source.sourceId,
    received: batch.balance.received,
    accepted: batch.balance.accepted,
    duplicate: batch.balance.duplicate,
    quarantined: batch.balance.quarantined,
    contentSha256: batch.contentSha256.toString('hex'),
    flags: batch.flags.map(flag => flag.code),
  };
  await stage(tx, {
    act: 'batch-accepted',
    object: `batch/${batch.batchId}`,
    partyId: source.partyId,
    actor: actor.label,
    atMs: batch.atMs,
    detail,
  });
}
