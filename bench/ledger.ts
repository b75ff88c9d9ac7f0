/**
 * The ledger under load: acts staged in durable transactions, numbered, hashed into tiles and signed, by the real
 * stage and sequencer in one process beside their PostgreSQL.
 *
 * Writers commit so many acts a second as they are told to, whatever the sequencer does meanwhile. An entry counts
 * when a published checkpoint covers it, and its lag is the time from the answer to its commit until the checkpoint
 * file holds such a one. Printed too: how fast writers stage when they are not held back, how fast such a backlog is
 * sequenced when nobody writes, and how many commits of a single entry there are in a second, which is the disk's
 * figure more than the ledger's.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { migrationFolders } from '../server/src/kernel/database/migrate.ts';
import { type OpenedDatabase, openDatabase } from '../server/src/kernel/database/open.ts';
import { silentLog } from '../server/src/kernel/log.ts';
import { passingSigningKey } from '../server/src/kernel/seal/signing-key.ts';
import { systemClock } from '../server/src/kernel/time.ts';
import { parseCheckpoint } from '../server/src/spine/ledger/checkpoint.ts';
import { type Sequencer, startSequencer } from '../server/src/spine/ledger/sequencer.ts';
import { type LedgerAct, stageAll } from '../server/src/spine/ledger/stage.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '6000' },
    writers: { type: 'string', default: '10' },
    'per-commit': { type: 'string', default: '10' },
    seconds: { type: 'string', default: '20' },
    backlog: { type: 'string', default: '60000' },
    /** As the server looks at what is staged unless it is set otherwise. */
    interval: { type: 'string', default: '250' },
  },
});
const rate = Number(values.rate);
const writers = Number(values.writers);
const perCommit = Number(values['per-commit']);
const seconds = Number(values.seconds);

let commitNo = 0;
const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
chmodSync(folder, 0o755);
const opened = await openDatabase({ dataDir: folder, log: silentLog, migrations: migrationFolders() });
const checkpointFile = join(folder, 'checkpoint');
const sequencer = await startSequencer({
  database: opened.database,
  clock: systemClock,
  log: silentLog,
  key: { name: 'bench.example/log', ...passingSigningKey() },
  checkpointFile,
  intervalMs: Number(values.interval),
});
try {
  await bench(opened, sequencer);
} finally {
  await sequencer.stop();
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
}

/** A commit whose answer came, and when. */
interface Commit {
  readonly object: string;
  readonly atMs: number;
}

async function bench({ readDurability }: OpenedDatabase, log: Sequencer): Promise<void> {
  await load(3, rate, perCommit);
  await log.flush();

  const seen: { size: number; atMs: number }[] = [];
  const watch = { isOver: false };
  const watching = watchFile(watch, seen);
  const before = process.cpuUsage();
  const from = await published();
  const beganAt = performance.now();
  const commits = await load(seconds, rate, perCommit);
  const endedAt = performance.now();
  const to = seen.at(-1)?.size ?? from;
  const { user, system } = process.cpuUsage(before);
  await log.flush();
  watch.isOver = true;
  await watching;
  const lags = await lagsOf(commits, seen);

  const backlogBegan = performance.now();
  const backlog = await stageBacklog();
  const stagedAt = performance.now();
  await log.flush(60_000);
  const drainedAt = performance.now();

  const singleBegan = performance.now();
  const singles = await load(1, 8_000, 1);
  const singleS = (performance.now() - singleBegan) / 1_000;

  const tookS = (endedAt - beganAt) / 1_000;
  const { durable } = await readDurability();
  console.log(
    `durable=${durable} writers=${writers} entries_per_commit=${perCommit} asked_per_s=${rate} interval_ms=${values.interval} seconds=${tookS.toFixed(1)}`,
  );
  console.log(`staged_per_s=${((commits.length * perCommit) / tookS).toFixed(0)}`);
  console.log(`process_cpu_share=${((user + system) / 1e6 / tookS).toFixed(2)}`);
  console.log(
    `backlog=${backlog} staged_unpaced_per_s=${(backlog / ((stagedAt - backlogBegan) / 1e3)).toFixed(0)} sequenced_after_per_s=${(backlog / ((drainedAt - stagedAt) / 1e3)).toFixed(0)}`,
  );
  console.log(`commits_of_one_entry_per_s=${(singles.length / singleS).toFixed(0)}`);
  console.log(
    `checkpoint_lag_ms=${at(lags, 0.99)} (p99) p50=${at(lags, 0.5)} max=${at(lags, 1)} checkpoints=${seen.length}`,
  );
  console.log(`entries_per_s=${((to - from) / tookS).toFixed(0)}`);
}

/** Writers that each begin a commit when it is due; those that come late catch up. */
async function load(forSeconds: number, perSecond: number, entries: number): Promise<Commit[]> {
  const commits: Commit[] = [];
  const gapMs = (1_000 * entries * writers) / perSecond;
  const beganAt = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const count = Math.floor((forSeconds * 1_000) / gapMs);
      for (let i = 0; i < count; i += 1) {
        const waitMs = beganAt + i * gapMs + (writer * gapMs) / writers - performance.now();
        if (waitMs > 1) await delay(waitMs);
        commits.push(await commit(entries));
      }
    }),
  );
  return commits;
}

async function commit(entries: number): Promise<Commit> {
  commitNo += 1;
  const object = `case/${commitNo}`;
  await opened.database.corridor(tx => stageAll(tx, actsOf(object, entries)));
  return { object, atMs: performance.now() };
}

/** As large as entries of findings and cases are: some 300 bytes. */
function actsOf(object: string, entries: number): LedgerAct[] {
  return Array.from({ length: entries }, (_, n) => ({
    act: 'case-opened',
    object,
    partyId: 1,
    actor: 'corridor',
    atMs: systemClock.now(),
    detail: {
      n,
      rule: 'card-in-another-device',
      severity: 'high',
      finding: `${object.padEnd(64, '0')}`,
      subject: 'salted:9b1f0c5d7a3e4b6f8a2d1c0e9f7b5a3d9b1f0c5d7a3e4b6f',
    },
  }));
}

async function stageBacklog(): Promise<number> {
  const each = 1_000;
  const commits = Math.ceil(Number(values.backlog) / each);
  const left = { count: commits };
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (left.count-- > 0) await commit(each);
    }),
  );
  return commits * each;
}

async function watchFile(watch: { isOver: boolean }, seen: { size: number; atMs: number }[]): Promise<void> {
  while (!watch.isOver) {
    const size = await published();
    if (size !== seen.at(-1)?.size) seen.push({ size, atMs: performance.now() });
    await delay(5);
  }
  seen.push({ size: await published(), atMs: performance.now() });
}

async function published(): Promise<number> {
  return parseCheckpoint(await readFile(checkpointFile, 'utf8'))?.size ?? 0;
}

/** Milliseconds from each commit to the first checkpoint seen that covers the last of its entries, in order. */
async function lagsOf(commits: readonly Commit[], seen: readonly { size: number; atMs: number }[]) {
  const { rows } = await sql<{ object: string; last: number }>`
    select object, max(entry_index) as last from ledger_entry group by object`.execute(opened.corridor);
  const lastOf = new Map(rows.map(row => [row.object, row.last]));
  return commits
    .map(({ object, atMs }) => {
      const last = lastOf.get(object) as number;
      const first = seen.find(({ size }) => size > last);
      if (first === undefined) throw new Error(`${object} was never published`);
      return Math.max(0, first.atMs - atMs);
    })
    .toSorted((a, b) => a - b);
}

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0);
}
