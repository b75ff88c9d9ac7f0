import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openNote, parseVerifierKey } from '../../../../packages/verifier/src/note.ts';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { passingSigningKey } from '../../kernel/seal/signing-key.ts';
import { settableClock } from '../../kernel/time.ts';
import { ledgerKeysOf, type NoteSigner, vkeyOf } from './note.ts';
import { startSequencer } from './sequencer.ts';
import { stage } from './stage.ts';

const clock = settableClock(Date.UTC(2026, 10, 25));
const folder = mkdtempSync(join(tmpdir(), 'tw-overlap-'));
const checkpointFile = join(folder, 'checkpoint');
const name = 'ledger.example/log';
const [first, second, foreign] = [passingSigningKey(), passingSigningKey(), passingSigningKey()];
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

/** Starts with these keys, publishes one more entry, stops; the checkpoint that then stands. */
async function publish(key: NoteSigner): Promise<string> {
  const parts = { database: db.database, clock, log: silentLog };
  const sequencer = await startSequencer({ ...parts, key, checkpointFile, intervalMs: 3_600_000 });
  try {
    await db.database.corridor(tx =>
      stage(tx, {
        act: 'tried',
        object: 'case/1',
        partyId: null,
        actor: 'test',
        atMs: clock.now(),
        detail: {},
      }),
    );
    await sequencer.flush();
  } finally {
    await sequencer.stop();
  }
  return readFileSync(checkpointFile, 'utf8');
}

const opens = async (note: string, vkey: string) =>
  openNote(note, [await parseVerifierKey(vkey)]).then(
    () => true,
    () => false,
  );

test('the ledger’s key is renewed over a time in which both sign; what was signed before stays checkable (R-13)', async () => {
  const [oldKey, newKey] = [vkeyOf({ ...first, name }), vkeyOf({ ...second, name })];
  const before = await publish({ ...first, name });
  const between = await publish({ ...first, name, also: second });
  const after = await publish({ ...second, name });
  const seen = [];
  for (const note of [before, between, after])
    seen.push([await opens(note, oldKey), await opens(note, newKey)]);
  expect(seen).toEqual([
    [true, false],
    [true, true],
    [false, true],
  ]);
  expect([before, between, after].map(note => note.split('\n')[1])).toEqual(['1', '2', '3']);
  expect(ledgerKeysOf({ ...first, name, also: second }).map(each => each.vkey)).toEqual([oldKey, newKey]);
});

test('a key that never signed beside the former one signs nothing', async () => {
  await expect(publish({ ...foreign, name })).rejects.toMatchObject({ code: 'ledger-key-differs' });
});
