/**
 * Accepting observations against a bare COPY of the same rows: records per second by wall time.
 *
 * Both write to leaves of one observation table with the same indexes, 2,000 rows to a durable commit, by
 * turns in this run. Ours recognises duplicates, keeps counts, chunks, ticks and watermark, and renders its
 * rows; the peer sends text rendered beforehand.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { copyLine } from '../server/src/kernel/database/copy.ts';
import { migrationFolders } from '../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../server/src/kernel/database/open.ts';
import { silentLog } from '../server/src/kernel/log.ts';
import { DAY_MS, settableClock } from '../server/src/kernel/time.ts';
import { genericCsv } from '../server/src/modules/cards/formats/generic-csv.ts';
import { observationCells } from '../server/src/spine/observations/chunks/store.ts';
import { recordDigest } from '../server/src/spine/observations/digest.ts';
import { acceptChunk, type IntakeDoors } from '../server/src/spine/observations/intake.ts';
import type { Cut } from '../server/src/spine/observations/observation.ts';
import { place } from '../server/src/spine/observations/placing.ts';
import { plainProfile } from '../server/src/spine/observations/source-profile.ts';
import * as store from '../server/src/spine/observations/store.ts';
import { makeParty } from '../server/src/spine/observations/testing/make-party.ts';

const CHUNK_ROWS = 2_000;
const CHUNKS = 50;
const ROUNDS = 9;
const TODAY_MS = Date.UTC(2026, 10, 20, 12);
/** The peer's rows lie in the leaf of the day before. */
const PEER_MS = TODAY_MS - DAY_MS;

const TARGET =
  'received_at, party_id, source_id, batch_id, chunk_id, record_no, digest, kind, claim, observed_at, time_mark, stated_at, offset_min, series, body';

const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
chmodSync(folder, 0o755);
const opened = await openDatabase({ dataDir: folder, log: silentLog, migrations: migrationFolders() });
const pool = opened.rawPool({ role: 'owner', max: 1 });
const peer = await pool.connect();
try {
  await bench();
} finally {
  peer.release(true);
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  // As on any installation that has run for a while: a leaf for each day of the late window.
  for (let day = 0; day <= 35; day++) await opened.leafFor(TODAY_MS - day * DAY_MS);
  const leaf = await opened.leafFor(PEER_MS);
  const partyId = await makeParty(opened.database);
  const doors: IntakeDoors = {
    database: opened.database,
    clock: settableClock(TODAY_MS),
    formats: new Map(),
    leafFor: ms => opened.leafFor(ms),
  };
  const { source, batchId } = await opened.database.door(partyId, async tx => {
    const given = { partyId, name: 'bench', format: genericCsv.name, profile: plainProfile, atMs: TODAY_MS };
    const made = (await store.sourceById(tx, await store.addSource(tx, given))) as store.Source;
    return { source: made, batchId: await store.openBatch(tx, made, 'bench', TODAY_MS) };
  });
  const ratios: number[] = [];
  const rates: Array<{ ours: number; theirs: number }> = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const chunks = await cutRound(round);
    const texts = chunks.map((cuts, i) => rendered(cuts, source, partyId, batchId, round * CHUNKS + i + 1));
    const ours = () => timed(() => acceptAll(doors, source, batchId, chunks));
    const theirs = () => timed(() => copyAll(peer, leaf, texts));
    const [first, second] = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const [a, b] = [await first(), await second()];
    const [ourMs, theirMs] = round % 2 === 0 ? [a, b] : [b, a];
    if (round === 0) continue;
    ratios.push(theirMs / ourMs);
    rates.push({ ours: (CHUNKS * CHUNK_ROWS) / ourMs, theirs: (CHUNKS * CHUNK_ROWS) / theirMs });
  }
  await mustHoldAlike(peer, leaf);
  const { durable } = await opened.readDurability();
  console.log(`rows_per_commit=${CHUNK_ROWS} rows_per_round=${CHUNKS * CHUNK_ROWS} durable=${durable}`);
  console.log(`rounds accept/copy ${ratios.map(ratio => ratio.toFixed(2)).join(' ')}`);
  console.log(`accept_krows_per_s=${median(rates.map(rate => rate.ours)).toFixed(0)}`);
  console.log(`copy_krows_per_s=${median(rates.map(rate => rate.theirs)).toFixed(0)}`);
  console.log(`ratio accept/copy=${median(ratios).toFixed(2)}`);
}

/** One round's records, no two alike over all rounds, cut by the reader in chunks. */
async function cutRound(round: number): Promise<Cut[][]> {
  const lines: string[] = ['iccid,imsi,imei,time,bytes_up,bytes_down,apn,plmn,rat\n'];
  for (let i = 0; i < CHUNKS * CHUNK_ROWS; i++) {
    const no = round * CHUNKS * CHUNK_ROWS + i;
    const card = (no * 7_919) % 100_000;
    const time = new Date(TODAY_MS - 3_600_000 + no).toISOString();
    lines.push(
      `8944500${String(card).padStart(12, '0')},26201${String(card).padStart(10, '0')},35${String(card).padStart(12, '0')}0,` +
        `${time},${(no * 31) % 100_000},${(no * 77) % 4_000_000},iot.example,26201,LTE-M\n`,
    );
  }
  const columns = {
    ...{ iccid: 'iccid', imsi: 'imsi', imei: 'imei', time: 'time', apn: 'apn', plmn: 'plmn', rat: 'rat' },
    ...{ bytesUp: 'bytes_up', bytesDown: 'bytes_down' },
  };
  async function* bytes() {
    yield Buffer.from(lines.join(''));
  }
  const cuts = await Array.fromAsync(genericCsv.read(bytes(), { ...plainProfile, mapping: { columns } }));
  return Array.from({ length: CHUNKS }, (_, i) => cuts.slice(i * CHUNK_ROWS, (i + 1) * CHUNK_ROWS));
}

/** The same rows as text for COPY, of the peer's day and with the party named. */
function rendered(
  cuts: readonly Cut[],
  source: store.Source,
  partyId: number,
  batchId: number,
  chunkId: number,
): Buffer {
  const rows = cuts.map(cut => {
    if (!('reading' in cut.outcome)) throw new Error('a record of the benchmark was not read');
    const { reading } = cut.outcome;
    // As of another source: ours would otherwise know its records already.
    const digest = recordDigest(source.sourceId + 1, reading.recordId, cut.raw);
    return { recordNo: cut.recordNo, digest, placing: place(reading, TODAY_MS), reading };
  });
  const receivedAt = new Date(PEER_MS).toISOString();
  let text = '';
  let rowNo = 0;
  for (const [first = '', ...rest] of observationCells(source, batchId, chunkId, receivedAt, rows))
    text += copyLine([first, partyId, ...rest], rowNo++);
  return Buffer.from(text);
}

async function acceptAll(
  doors: IntakeDoors,
  source: store.Source,
  batchId: number,
  chunks: readonly Cut[][],
): Promise<void> {
  for (const cuts of chunks) {
    const { accepted } = await acceptChunk(doors, source, batchId, cuts);
    if (accepted !== CHUNK_ROWS) throw new Error(`${accepted} of ${CHUNK_ROWS} accepted`);
  }
}

/** Pieces of the size that ours are sent in. */
function* pieces(text: Buffer): Generator<Buffer> {
  for (let at = 0; at < text.length; at += 65_536) yield text.subarray(at, at + 65_536);
}

async function copyAll(client: pg.PoolClient, leaf: string, texts: readonly Buffer[]): Promise<void> {
  for (const text of texts) {
    await client.query('begin');
    const stream = client.query(copyFrom(`copy ${leaf} (${TARGET}) from stdin`));
    await pipeline(Readable.from(pieces(text)), stream);
    await client.query('commit');
  }
}

/** Both leaves hold as many rows, and the same claims and figures. */
async function mustHoldAlike(client: pg.PoolClient, leaf: string): Promise<void> {
  const sums = `select count(*), count(distinct digest) as digests, sum((body->>'bytes')::bigint) as bytes, count(distinct claim) as claims from`;
  const ours = await client.query(`${sums} ${await opened.leafFor(TODAY_MS)}`);
  const theirs = await client.query(`${sums} ${leaf}`);
  const [a, b] = [JSON.stringify(ours.rows[0]), JSON.stringify(theirs.rows[0])];
  if (a !== b) throw new Error(`rows differ: ${a} against ${b}`);
  console.log(`rows ${a}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  globalThis.gc?.();
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
