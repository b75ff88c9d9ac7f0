import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { policyOf, verifyProof, verifyTiles } from '../../../../packages/verifier/src/index.ts';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { silentLog } from '../../kernel/log.ts';
import { passingSigningKey } from '../../kernel/seal/signing-key.ts';
import { sealText } from '../../kernel/seal/store.ts';
import { settableClock } from '../../kernel/time.ts';
import { exportLog } from './export.ts';
import { originOf } from './origin.ts';
import { type LedgerReader, ledgerReader } from './read.ts';
import { type FaultPoint, type Sequencer, startSequencer } from './sequencer.ts';
import { stage, stageAll } from './stage.ts';

describe('the published log', () => {
  let db: TestDatabase;
  let folder: string;
  let sequencer: Sequencer;
  let reader: LedgerReader;
  let mine: number;
  let theirs: number;
  let diesAt: FaultPoint | null = null;
  const clock = settableClock(0);

  beforeAll(async () => {
    db = await testDatabase();
    folder = await mkdtemp(join(tmpdir(), 'reader-'));
    const key = { name: 'ledger.example/log', ...passingSigningKey() };
    const options = {
      database: db.database,
      key,
      checkpointFile: join(folder, 'checkpoint'),
      clock,
      log: silentLog,
    };
    const faults = (point: FaultPoint) => {
      if (point === diesAt) throw new Error(point);
    };
    sequencer = await startSequencer({ ...options, intervalMs: 3_600_000, faults });
    reader = ledgerReader(options);
    const party = async (): Promise<number> => {
      const made = await sql<{ id: number }>`insert into party (kind, name_en, name_zh)
        values ('operator', 'x', 'x') returning party_id as id`.execute(db.owner);
      await sql`insert into party_closure values (${made.rows[0]!.id}, ${made.rows[0]!.id})`.execute(
        db.owner,
      );
      return made.rows[0]!.id;
    };
    [mine, theirs] = [await party(), await party()];
  });
  afterAll(async () => {
    await sequencer.stop();
    await db.close();
    await rm(folder, { recursive: true });
  });

  const act = (object: string, detail = 'x') =>
    ({ act: 'case-note', object, partyId: mine, actor: 'user/1', atMs: 0, detail }) as const;

  test('shows an entry staged, then sequenced, then checkpointed with a proof that verifies offline', async () => {
    const commitment = await db.database.door(mine, async tx => {
      const made = await sealText(tx, {
        partyId: mine,
        object: 'case/1',
        name: 'card',
        text: 'iccid:898600',
      });
      await stage(tx, act('case/1', made));
      return made;
    });
    const states = async () =>
      (await db.database.door(mine, tx => reader.entriesOf(tx, 'case/1'))).map(one => one.state);
    expect(await states()).toEqual(['staged']);
    diesAt = 'committed';
    await expect(sequencer.flush()).rejects.toThrow('committed');
    diesAt = null;
    expect(await states()).toEqual(['sequenced']);
    expect(await reader.proofFor(0)).toBe(null);
    await sequencer.flush();
    expect(await states()).toEqual(['checkpointed']);

    const proofs = await db.database.door(mine, tx => reader.proofs(tx, 'case/1'));
    expect(proofs.salts).toEqual([{ name: 'card', salt: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    const [item] = proofs.items;
    const entry = Buffer.from(item!.entry, 'base64');
    expect((JSON.parse(entry.toString()) as { detail: string }).detail).toBe(commitment);
    const policy = await policyOf(reader.verifierKey());
    await expect(verifyProof(item!.proof as string, entry, policy)).resolves.toMatchObject({
      index: item!.index,
    });
  });

  test('shows a party its own entries only', async () => {
    await db.database.door(mine, tx => stage(tx, act('case/2')));
    expect(await db.database.door(theirs, tx => reader.entriesOf(tx, 'case/2'))).toEqual([]);
    await sequencer.flush();
    expect(await db.database.door(theirs, tx => reader.proofs(tx, 'case/2'))).toEqual({
      items: [],
      salts: [],
    });
    expect((await db.database.door(mine, tx => reader.proofs(tx, 'case/2'))).items.length).toBe(1);
  });

  test('is exported whole, and a stranger derives its root anew', async () => {
    await db.database.door(mine, tx =>
      stageAll(
        tx,
        Array.from({ length: 600 }, (_, i) => act(`case/${i + 10}`)),
      ),
    );
    const size = await sequencer.flush();
    const files = new Map<string, Uint8Array>();
    expect(await exportLog(reader, async (path, bytes) => void files.set(path, bytes))).toBe(size);
    const report = await verifyTiles(
      async path => files.get(path) ?? null,
      await policyOf(reader.verifierKey()),
    );
    expect(report).toMatchObject({ checkpoint: { size }, bundles: 3 });
  });

  test('keeps the origin it began with; a new log takes the one set, or one of chance', async () => {
    const never = () => expect.unreachable('a name of chance was asked for');
    expect(await originOf(db.database, 'elsewhere.example/ledger', never)).toBe('ledger.example/log');
    expect(await originOf(db.database, undefined, never)).toBe('ledger.example/log');
    const fresh = await testDatabase();
    expect(await originOf(fresh.database, 'supervise.example/ledger', never)).toBe(
      'supervise.example/ledger',
    );
    expect(await originOf(fresh.database, undefined, () => '00ff')).toBe('thingward.invalid/00ff');
    await expect(originOf(fresh.database, 'a b', never)).rejects.toThrow(TypeError);
    await fresh.close();
  });

  test.each([
    '0/999',
    '0/000.p/0',
    '5/000',
    'entries/002',
    '0/002.p/255',
    '',
    '../checkpoint',
    'entries/../000',
  ])('has no tile at %j', async path => {
    expect(await reader.tile(path)).toBe(null);
  });
});
