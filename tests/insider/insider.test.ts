/**
 * what those inside can do to the ledger, and where it shows. Each row of the table in
 * docs/operating/ledger.md is one of these tests. A key that differs by `signs`, `ok`, `cosigns` and no alarm shows nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signCheckpoint } from '../../server/src/spine/ledger/checkpoint.ts';
import { submissionOf } from '../made-log.ts';
import { type InsiderScene, openInsiderScene, type Shown } from './scene.ts';

let scene: InsiderScene;
beforeEach(async () => {
  scene = await openInsiderScene();
});
afterEach(() => scene.close());

const QUIET: Shown = {
  running: 'signs',
  start: 'signs',
  verifier: 'ok',
  monitor: [],
  whole: [],
  witness: 'cosigns',
  proof: 'ok',
};
const FORGED = `convert_to('{"act":"forged","v":1}', 'UTF8')`;

describe('the owner of the database, triggers out of the way', () => {
  test('who does nothing is seen nowhere', async () => {
    expect(await scene.look()).toEqual(QUIET);
  });

  test('who changes an old entry is seen where its proof is checked: the bundles that were published stand', async () => {
    await scene.sql(`update ledger_entry set entry = ${FORGED} where entry_index = 3`);
    expect(await scene.look()).toEqual({ ...QUIET, proof: 'proof-invalid' });
  });

  test('who changes an old entry with its hash and its bundle is seen by the verifier and by a whole look', async () => {
    await scene.sql(
      `update ledger_entry set entry = ${FORGED}, leaf_hash = sha256('\\x00'::bytea || ${FORGED}) where entry_index = 3`,
      `update ledger_tile set bytes = (select string_agg(substring(int4send(octet_length(entry)) from 3 for 2) || entry, ''::bytea order by entry_index) from ledger_entry where entry_index < 256) where level = -1 and n = 0`,
    );
    expect(await scene.look()).toEqual({
      ...QUIET,
      verifier: 'tile-invalid',
      whole: ['fork'],
      proof: 'proof-invalid',
    });
  });

  test('who changes a published bundle alone is seen by the verifier and by a whole look', async () => {
    await scene.sql(
      `update ledger_tile set bytes = overlay(bytes placing '\\x41'::bytea from 40) where level = -1 and n = 0`,
    );
    expect(await scene.look()).toMatchObject({ verifier: 'tile-invalid', whole: ['fork'], monitor: [] });
  });

  test('who changes a hash tile is seen by the verifier and by a whole look', async () => {
    await scene.sql(
      `update ledger_tile set bytes = overlay(bytes placing '\\x41414141'::bytea from 40) where level = 0 and n = 0`,
    );
    const shown = await scene.look();
    expect(shown).toMatchObject({ verifier: 'tile-invalid', whole: expect.arrayContaining(['fork']) });
  });

  test('who changes an entry of the open bundle stops the server at its next act', async () => {
    await scene.sql(
      `update ledger_entry set entry = ${FORGED}, leaf_hash = sha256('\\x00'::bytea || ${FORGED}) where entry_index = 290`,
    );
    expect(await scene.look()).toMatchObject({
      running: 'ledger-forked',
      start: 'ledger-forked',
      verifier: 'root-invalid',
      whole: ['fork'],
    });
  });

  test('who takes the newest entries away stops the server: the checkpoint file knows more', async () => {
    await scene.sql(...withoutLast(10));
    const shown = await scene.look();
    expect(shown.running).not.toBe('signs');
    expect(shown.start).not.toBe('signs');
  });

  test('who takes the newest entries away and puts back the file stops the server all the same: the witness knows more', async () => {
    await scene.sql(...withoutLast(10));
    await writeOlder(290);
    const shown = await scene.look();
    expect(shown.start).toBe('ledger-behind');
    expect(shown.monitor).toEqual(['shrunk']);
  });

  test('who deletes an act before it is sequenced keeps it out of the ledger, and nothing here shows it', async () => {
    await scene.act();
    await scene.sql('delete from ledger_stage');
    expect(await scene.look()).toEqual(QUIET);
  });

  test('who stages an act that never happened gets it signed, and nothing here shows it: it can never be taken back', async () => {
    await scene.sql(
      `insert into ledger_stage (party_id, act, object, entry) values (null, 'forged', 'case/1', ${FORGED})`,
    );
    expect(await scene.look()).toEqual(QUIET);
  });

  test('who puts an entry behind the sequencer’s back stops it', async () => {
    await scene.sql(
      `insert into ledger_entry (entry_index, stage_id, act, object, entry, leaf_hash) values (300, 900000, 'forged', 'case/1', ${FORGED}, sha256('\\x00'::bytea || ${FORGED}))`,
    );
    const shown = await scene.look();
    expect(shown.running).not.toBe('signs');
    expect(shown.start).toBe('ledger-damaged');
  });
});

describe('whoever holds the signing key', () => {
  test('and shows the witness another root for a known size gives it the proof of the fork', async () => {
    const forged = signCheckpoint(300, Buffer.alloc(32, 9), scene.key);
    expect((await scene.witness.addCheckpoint(submissionOf(300, [], forged))).status).toBe(422);
    expect(
      (
        await scene.witness.addCheckpoint(
          submissionOf(300, [Buffer.alloc(32)], signCheckpoint(301, Buffer.alloc(32, 9), scene.key)),
        )
      ).status,
    ).toBe(422);
    expect(await scene.look()).toEqual(QUIET);
  });

  test('and puts another history in place of the checkpoint file stops the server', async () => {
    writeFileSync(scene.checkpointFile, signCheckpoint(300, Buffer.alloc(32, 9), scene.key));
    const shown = await scene.look();
    // At the start the witness's checkpoint takes the place of the forged one; signing waits until people decide.
    expect(shown).toMatchObject({
      running: 'ledger-forked',
      start: 'ledger-forked',
      witness: 'cosigns',
      monitor: [],
    });
  });

  test('and the database, and rewrites all of history consistently, convinces the verifier alone: monitor, witness and every older proof refuse', async () => {
    await scene.sql(
      `update ledger_entry set entry = ${FORGED} where entry_index = 3`,
      `insert into ledger_stage (stage_id, party_id, act, object, entry) overriding system value select stage_id, party_id, act, object, entry from ledger_entry order by entry_index`,
      'delete from ledger_entry',
      'delete from ledger_tile',
      'delete from ledger_checkpoint',
    );
    const { rmSync } = await import('node:fs');
    rmSync(scene.checkpointFile);
    await rebuilt();
    const shown = await scene.look();
    expect(shown.verifier).toBe('ok');
    expect(shown).toMatchObject({
      monitor: ['fork'],
      witness: 'saw-another-history',
      proof: 'proof-invalid',
    });
  });
});

/** The newest entries, and what was published over them, gone. */
function withoutLast(count: number): string[] {
  const size = 300 - count;
  return [
    `delete from ledger_entry where entry_index >= ${size}`,
    `delete from ledger_checkpoint where tree_size > ${size}`,
    `insert into ledger_stage (party_id, act, object, entry) select null, 'x', 'case/x', ${FORGED} where false`,
  ];
}

/** The checkpoint of that size, as it would have been signed then, in row and file. */
async function writeOlder(size: number): Promise<void> {
  const root = await rootOfRows(size);
  const note = signCheckpoint(size, root, scene.key);
  await scene.sql(
    `insert into ledger_checkpoint values (${size}, '\\x${root.toString('hex')}', '${note}', now()) on conflict do nothing`,
  );
  writeFileSync(scene.checkpointFile, note);
  expect(readFileSync(scene.checkpointFile, 'utf8')).toBe(note);
}

async function rootOfRows(size: number): Promise<Buffer> {
  const { rootOf } = await import('../../server/src/spine/ledger/tree.ts');
  const { rows } = await scene.db
    .rawPool({ role: 'owner', max: 1 })
    .query<{ leaf_hash: Buffer }>(
      `select leaf_hash from ledger_entry where entry_index < ${size} order by entry_index`,
    );
  return rootOf(rows.map(row => row.leaf_hash));
}

/** Signs the rewritten history as the server's own sequencer would, from nothing. */
async function rebuilt(): Promise<void> {
  const { startSequencer } = await import('../../server/src/spine/ledger/sequencer.ts');
  const { systemClock } = await import('../../server/src/kernel/time.ts');
  const { silentLog } = await import('../../server/src/kernel/log.ts');
  const sequencer = await startSequencer({
    database: scene.db.database,
    key: scene.key,
    checkpointFile: scene.checkpointFile,
    clock: systemClock,
    log: silentLog,
    intervalMs: 3_600_000,
  });
  await sequencer.flush(0);
  await sequencer.stop();
}
