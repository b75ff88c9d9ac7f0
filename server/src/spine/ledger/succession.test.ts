import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { policyOf, verifyTiles } from '../../../../packages/verifier/src/index.ts';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { passingSigningKey } from '../../kernel/seal/signing-key.ts';
import { settableClock } from '../../kernel/time.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { exportLog } from './export.ts';
import { originOf } from './origin.ts';
import { ledgerReader } from './read.ts';
import { type Sequencer, startSequencer } from './sequencer.ts';
import { stageAll } from './stage.ts';
import { succeed } from './succession.ts';

/** never a checkpoint that is inconsistent with an earlier one, also after a restore from a backup. */
const clock = settableClock(Date.UTC(2026, 10, 25));
const asked = { reason: 'the disk of the database was lost', actor: 'person/1', atMs: clock.now() };
const signing = passingSigningKey();
let db: TestDatabase;
let folder: string;
let checkpointFile: string;
let key: { name: string; publicKey: Buffer; sign(message: Uint8Array): Buffer };
const running: Sequencer[] = [];
const used: TestDatabase[] = [];

beforeEach(async () => {
  db = await testDatabase();
  used.push(db);
  folder = await mkdtemp(join(tmpdir(), 'succession-'));
  checkpointFile = join(folder, 'checkpoint');
  key = { ...signing, name: 'log.example/first' };
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()));
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await Promise.all(used.map(each => each.close()));
});

async function start(): Promise<Sequencer> {
  const sequencer = await startSequencer({
    database: db.database,
    clock,
    log: silentLog,
    key,
    renamed: origin => {
      key.name = origin;
    },
    checkpointFile,
    intervalMs: 3_600_000,
  });
  running.push(sequencer);
  return sequencer;
}

async function act(count: number): Promise<void> {
  const acts = Array.from({ length: count }, (_, i) => ({
    act: 'noted',
    object: `note/${i}`,
    partyId: null,
    actor: 'test',
    atMs: clock.now(),
    detail: {},
  }));
  await db.database.corridor(tx => stageAll(tx, acts));
}

/** A log whose published checkpoint says twelve entries, of which the database has five. */
async function restoredTooOld(): Promise<string> {
  const first = await start();
  await act(5);
  await first.flush();
  await first.stop();
  const newest = signCheckpoint(12, Buffer.alloc(32, 9), key);
  await writeFile(checkpointFile, newest);
  return newest;
}

const logOf = () => ({ key, checkpointFile });
const wholeLog = async () => {
  const files = new Map<string, Uint8Array>();
  const reader = ledgerReader({ database: db.database, key, checkpointFile });
  await exportLog(reader, async (path, bytes) => void files.set(path, bytes));
  const entries: string[] = [];
  const report = await verifyTiles(
    async path => files.get(path) ?? null,
    await policyOf(reader.verifierKey()),
    async entry => void entries.push(Buffer.from(entry).toString('utf8')),
  );
  return { size: report.checkpoint.size, entries };
};

test('a log behind its newest checkpoint signs nothing, says what is missing and from when, and shows what it has', async () => {
  await restoredTooOld();
  const sequencer = await start();
  await act(3);
  await expect(sequencer.flush()).rejects.toMatchObject({ code: 'ledger-behind' });
  const { refusal } = sequencer.state();
  expect(refusal).toMatchObject({
    subject: 'entries 5 to 11',
    detail: { databaseSize: 5, fileSize: 12, missing: 7, missingSince: '2026-11-25T00:00:00.000Z' },
  });
  expect(Date.parse(String(refusal?.detail['missingUntil']))).toBeGreaterThan(Date.UTC(2026, 0));
  expect((await wholeLog()).size).toBe(5);
});

test('the checkpoint out of reach is not forgotten by later starts, nor when the published file goes', async () => {
  await restoredTooOld();
  await (await start()).stop();
  await rm(checkpointFile);
  expect((await start()).state().refusal).toMatchObject({ code: 'ledger-behind' });
});

test('a database that has caught up with the newest checkpoint signs on, without any other log', async () => {
  const ahead = await start();
  await act(5);
  await ahead.flush();
  await copyFile(checkpointFile, `${checkpointFile}.newest`);
  await act(2);
  expect(await ahead.flush()).toBe(7);
  await expect(readFile(`${checkpointFile}.newest`)).rejects.toThrow(/ENOENT/);
});

test('a succession goes on under an origin of its own over the same entries, and names old head and newest checkpoint', async () => {
  const newest = await restoredTooOld();
  const sequencer = await start();
  await act(3);
  const made = await succeed(db.database, logOf(), asked);
  expect(made).toMatchObject({ follows: 'log.example/first', treeSize: 5, newestSize: 12 });
  expect(made.origin).toMatch(/^log\.example\/first\/after-[0-9a-f]{32}$/);
  expect(await sequencer.flush()).toBe(9);
  expect(key.name).toBe(made.origin);
  const { size, entries } = await wholeLog();
  expect(size).toBe(9);
  const told = JSON.parse(entries[5]!);
  expect(told.act).toBe('ledger-succeeded');
  expect(told.detail).toMatchObject({ follows: 'log.example/first', size: 5, newest, missing: 7 });
  const old = { ...key, name: 'log.example/first' };
  expect(openCheckpoint(await readFile(checkpointFile, 'utf8'), old)).toBeNull();
});

test('a succeeded log opens again under its new origin, and the one before is signed by nobody', async () => {
  await restoredTooOld();
  await start();
  const { origin } = await succeed(db.database, logOf(), asked);
  await (running[1] as Sequencer).flush();
  expect(await originOf(db.database, 'asked.example', () => 'id')).toBe(origin);
  key = { ...signing, name: origin };
  const again = await start();
  await act(1);
  expect(await again.flush()).toBe(7);
  await expect(succeed(db.database, logOf(), asked)).rejects.toMatchObject({ code: 'ledger-not-behind' });
});

test('a backup from before a succession, beside the later log’s checkpoint, signs nothing either', async () => {
  const first = await start();
  await act(5);
  await first.flush();
  const later = { ...key, name: 'log.example/first/after-00' };
  await writeFile(`${checkpointFile}.newest`, signCheckpoint(4, Buffer.alloc(32, 3), later));
  await act(1);
  await expect(first.flush()).rejects.toMatchObject({
    code: 'ledger-behind',
    subject: 'origin log.example/first/after-00',
  });
});

test('without anything out of reach no log is succeeded', async () => {
  await start();
  await expect(succeed(db.database, logOf(), asked)).rejects.toMatchObject({ code: 'ledger-not-behind' });
});

test('another history of the same length is kept in mind, and a succession names it', async () => {
  const first = await start();
  await act(5);
  await first.flush();
  const other = signCheckpoint(5, Buffer.alloc(32, 9), key);
  await writeFile(checkpointFile, other);
  await act(1);
  await expect(first.flush()).rejects.toMatchObject({ code: 'ledger-forked' });
  await succeed(db.database, logOf(), asked);
  expect(await first.flush()).toBe(7);
  expect((await wholeLog()).entries.some(text => text.includes(JSON.stringify(other)))).toBe(true);
});
