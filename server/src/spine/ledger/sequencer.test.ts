import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import type { Pool } from '../../kernel/database/transaction.ts';
import { silentLog } from '../../kernel/log.ts';
import { passingSigningKey } from '../../kernel/seal/signing-key.ts';
import { settableClock } from '../../kernel/time.ts';
import { openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { ledgerReader } from './read.ts';
import { type FaultPoint, type Sequencer, type SequencerOptions, startSequencer } from './sequencer.ts';
import { stageAll } from './stage.ts';
import { entriesIn, tilesOf, widthAt } from './tiles.ts';
import { isConsistent, leafHash, rootOf } from './tree.ts';

const clock = settableClock(Date.UTC(2026, 10, 25));
const key = { name: 'ledger.example/log', ...passingSigningKey() };
let db: TestDatabase;
let folder: string;
let checkpointFile: string;
let running: Sequencer[] = [];
let staged = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
beforeEach(async () => {
  db = await testDatabase();
  checkpointFile = join(folder, `checkpoint-${Math.floor(performance.now() * 1000)}`);
  staged = 0;
});
afterEach(async () => {
  await Promise.all(running.map(sequencer => sequencer.stop()));
  running = [];
  await db.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function start(more: Partial<SequencerOptions> = {}): Promise<Sequencer> {
  const options = {
    database: db.database,
    clock,
    log: silentLog,
    key,
    checkpointFile,
    intervalMs: 3_600_000,
  };
  const sequencer = await startSequencer({ ...options, ...more });
  running.push(sequencer);
  return sequencer;
}

async function act(count: number): Promise<void> {
  const first = staged;
  staged += count;
  await db.database.corridor(tx =>
    stageAll(
      tx,
      Array.from({ length: count }, (_, i) => ({
        act: 'case-note',
        object: `case/${first + i}`,
        partyId: null,
        actor: 'corridor',
        atMs: clock.now(),
        detail: { number: first + i },
      })),
    ),
  );
}

async function rows<Row>(pool: Pool, text: string): Promise<Row[]> {
  return (await sql.raw<Row>(text).execute(pool)).rows;
}

const reader = () => ledgerReader({ database: db.database, key, checkpointFile });

/** Opens the published log as a stranger would: signature, every bundle, the root, the proof of an entry. Its size. */
async function openLog(): Promise<number> {
  const log = reader();
  const note = await log.checkpoint();
  const checkpoint = openCheckpoint(note ?? '', key);
  if (checkpoint === null) throw new Error('no checkpoint of this key');
  const entries: Buffer[] = [];
  for (let n = 0; n * 256 < checkpoint.size; n++) {
    const width = widthAt(-1, n, checkpoint.size);
    const bundle = await log.tile(
      `entries/${String(n).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`,
    );
    entries.push(...(entriesIn(bundle!) ?? []));
  }
  expect(entries.length).toBe(checkpoint.size);
  const hashes = entries.map(leafHash);
  expect(rootOf(hashes)).toEqual(checkpoint.root);
  for (const tile of tilesOf(checkpoint.size).filter(one => one.level === 0)) {
    const suffix = tile.width === 256 ? '' : `.p/${tile.width}`;
    const bytes = await log.tile(`0/${String(tile.n).padStart(3, '0')}${suffix}`);
    expect(bytes).toEqual(Buffer.concat(hashes.slice(tile.n * 256, tile.n * 256 + tile.width)));
  }
  const numbers = entries.map(
    entry => (JSON.parse(entry.toString()) as { detail: { number: number } }).detail.number,
  );
  expect(numbers).toEqual(Array.from({ length: checkpoint.size }, (_, i) => i));
  return checkpoint.size;
}

describe('the sequencer', () => {
  test('signs the empty log before anything was done', async () => {
    await start();
    expect(await openLog()).toBe(0);
  });

  test('numbers what committed, in order, and nothing of what was rolled back', async () => {
    const sequencer = await start({ mostEntries: 100 });
    await act(300);
    const undone = db.database.corridor(async tx => {
      await stageAll(tx, [{ act: 'a', object: 'case/x', partyId: null, actor: 'x', atMs: 0, detail: null }]);
      throw new Error('the act fails');
    });
    await expect(undone).rejects.toThrow('the act fails');
    await act(220);
    expect(await sequencer.flush()).toBe(520);
    expect(await openLog()).toBe(520);
    expect(await sequencer.flush()).toBe(520);
  });

  test('waits for a transaction that began earlier and has not ended, and then puts it in its place', async () => {
    const sequencer = await start();
    let letGo = () => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    let hasStaged = () => {};
    const began = new Promise<void>(resolve => {
      hasStaged = resolve;
    });
    const slow = db.database.corridor(async tx => {
      const detail = { number: 0 };
      await stageAll(tx, [{ act: 'slow', object: 'case/0', partyId: null, actor: 'x', atMs: 0, detail }]);
      hasStaged();
      await held;
    });
    await began;
    staged = 1;
    await act(1);
    expect(await sequencer.flush(50)).toBe(0);
    letGo();
    await slow;
    expect(await sequencer.flush()).toBe(2);
    expect(await openLog()).toBe(2);
  });

  test.each<FaultPoint>(['nothing-committed', 'committed', 'file-drafted', 'file-replaced'])(
    'killed at "%s" leaves a log that opens, and loses and doubles nothing after the restart',
    async point => {
      await (await start()).stop();
      await act(700);
      const faults = (at: FaultPoint) => {
        if (at === point) throw new Error(`killed at ${at}`);
      };
      const dying = start({ faults }).then(sequencer => sequencer.flush());
      await expect(dying).rejects.toThrow(`killed at ${point}`);
      const shown = await openLog();
      const before = await reader().checkpoint();
      const after = await start();
      await act(50);
      expect(await after.flush()).toBe(750);
      expect(await openLog()).toBe(750);
      const older = openCheckpoint(before!, key)!;
      expect(older.size).toBe(shown);
    },
  );

  test('goes on from the rows when a commit failed without a restart', async () => {
    let isBroken = false;
    const sequencer = await start({
      mostEntries: 64,
      faults: at => {
        if (isBroken && at === 'nothing-committed') throw new Error('connection lost');
      },
    });
    await act(300);
    isBroken = true;
    await expect(sequencer.flush()).rejects.toThrow('connection lost');
    isBroken = false;
    expect(await sequencer.flush()).toBe(300);
    expect(await openLog()).toBe(300);
  });

  test('run twice at once, also with files of their own, makes one log', async () => {
    const [one, two] = [await start({ mostEntries: 37 }), await start({ mostEntries: 41 })];
    const third = await start({ mostEntries: 29, checkpointFile: `${checkpointFile}-third` });
    for (let round = 0; round < 5; round++) {
      await act(150);
      await Promise.all([one.flush(), two.flush(), third.flush()]);
    }
    await Promise.all([one.flush(), two.flush(), third.flush()]);
    expect(await openLog()).toBe(750);
    const notes = await rows<{ size: number; root: Buffer }>(
      db.owner,
      'select tree_size as size, root_hash as root from ledger_checkpoint order by 1',
    );
    const leaves = await rows<{ hash: Buffer }>(
      db.owner,
      'select leaf_hash as hash from ledger_entry order by entry_index',
    );
    const hashes = leaves.map(leaf => leaf.hash);
    expect(notes.length).toBeGreaterThan(20);
    for (const note of notes) expect(note.root).toEqual(rootOf(hashes.slice(0, note.size)));
  });

  test('refuses to sign when an older backup was restored, and names what is missing', async () => {
    const sequencer = await start();
    await act(10);
    await sequencer.flush();
    const ahead = signCheckpoint(17, Buffer.alloc(32, 7), key);
    await writeFile(checkpointFile, ahead);
    await act(5);
    await expect(sequencer.flush()).rejects.toMatchObject({
      code: 'ledger-behind',
      subject: 'entries 10 to 16',
      detail: { databaseSize: 10, fileSize: 17, missing: 7, firstMissing: 10 },
    });
    const again = await start();
    expect(again.state()).toMatchObject({ size: 10, refusal: { code: 'ledger-behind' } });
    expect(await readFile(`${checkpointFile}.newest`, 'utf8')).toBe(ahead);
    expect(openCheckpoint(await readFile(checkpointFile, 'utf8'), key)?.size).toBe(10);
    const signed = await rows(db.owner, 'select max(tree_size) as size from ledger_checkpoint');
    expect(signed).toEqual([{ size: 10 }]);
  });

  test('refuses to sign when the file holds another history of the same length or a shorter one', async () => {
    const sequencer = await start();
    await act(10);
    await sequencer.flush();
    for (const size of [10, 6]) {
      await writeFile(checkpointFile, signCheckpoint(size, Buffer.alloc(32, 7), key));
      expect((await start()).state().refusal).toMatchObject({ code: 'ledger-forked' });
    }
  });

  test('writes a lost checkpoint file anew, and says that it could not be compared', async () => {
    const sequencer = await start();
    await act(10);
    await sequencer.flush();
    await rm(checkpointFile);
    const warnings: string[] = [];
    const log = Object.assign(Object.create(silentLog), {
      warn: (_: object, text: string) => warnings.push(text),
    });
    await start({ log });
    expect(warnings).toEqual([expect.stringContaining('no checkpoint file')]);
    expect(await openLog()).toBe(10);
  });

  test('numbers what was staged in another cluster, whose transaction ids mean nothing here', async () => {
    const sequencer = await start();
    await act(3);
    // What other databases of the cluster have under way holds the newest back for a moment, and a foreign id is held by none.
    await expect.poll(() => sequencer.flush(), { timeout: 10_000 }).toBe(3);
    const foreign = Buffer.from(JSON.stringify({ detail: { number: 3 } })).toString('hex');
    await rows(
      db.owner,
      `insert into ledger_stage (xid, act, object, entry) values ('9000000000000', 'a', 'case/3', decode('${foreign}', 'hex'))`,
    );
    await expect.poll(() => sequencer.flush(), { timeout: 10_000 }).toBe(4);
    expect(await openLog()).toBe(4);
  });

  test('refuses another key, in the database as in the file', async () => {
    await start();
    const other = { name: key.name, ...passingSigningKey() };
    await expect(start({ key: other })).rejects.toMatchObject({ code: 'ledger-key-differs' });
    await writeFile(checkpointFile, signCheckpoint(0, rootOf([]), other));
    await expect(start()).rejects.toMatchObject({ code: 'ledger-key-differs', subject: checkpointFile });
  });

  test('refuses to go on from rows that someone changed behind its back', async () => {
    const sequencer = await start();
    await act(300);
    await sequencer.flush();
    await sequencer.stop();
    await rows(db.owner, 'alter table ledger_entry disable trigger append_only');
    await rows(db.owner, "update ledger_entry set leaf_hash = sha256('x') where entry_index = 299");
    await expect(start()).rejects.toMatchObject({ code: 'ledger-damaged' });
  });

  test('keeps tiles of every published checkpoint, so that old and new prove to be one history', async () => {
    const sequencer = await start();
    const roots: Array<{ size: number; root: Buffer }> = [];
    for (const count of [1, 254, 1, 1, 400, 343]) {
      await act(count);
      await sequencer.flush();
      roots.push(openCheckpoint((await reader().checkpoint())!, key)!);
    }
    const newest = roots.at(-1)!;
    const { consistencyProof } = await import('./nodes.ts');
    for (const old of roots) {
      const proof = await db.database.door(0, tx => consistencyProof(tx, old.size, newest.size));
      expect(isConsistent(old.size, old.root, newest.size, newest.root, proof)).toBe(true);
      for (const tile of tilesOf(old.size).filter(one => one.width < 256)) {
        const bytes = await reader().tile(`${tile.level}/${String(tile.n).padStart(3, '0')}.p/${tile.width}`);
        expect(bytes?.length).toBe(tile.width * 32);
      }
    }
  });
});

describe('the database', () => {
  test('refuses to change or remove what the ledger holds, for the roles of the server and for its owner', async () => {
    const sequencer = await start();
    await act(300);
    await sequencer.flush();
    await act(1);
    const deeds = ['ledger_entry', 'ledger_tile', 'ledger_checkpoint'].flatMap(table => [
      `delete from ${table}`,
      `truncate ${table}`,
    ]);
    deeds.push(
      "update ledger_entry set entry = 'x'",
      "update ledger_tile set bytes = 'x'",
      "update ledger_checkpoint set note = 'x'",
      "update ledger_stage set entry = 'x'",
      'delete from ledger_stage',
      'truncate ledger_stage',
    );
    for (const pool of [db.owner, db.corridor, db.door]) {
      for (const deed of deeds) {
        const refused =
          pool === db.owner ? /never changed|only into/ : /permission denied|never changed|only into/;
        await expect(rows(pool, deed), deed).rejects.toThrow(refused);
      }
    }
    expect(await sequencer.flush()).toBe(301);
    expect(await openLog()).toBe(301);
  });
});
