import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../kernel/database/test-database.ts';
import { silentLog } from '../../../kernel/log.ts';
import { settableClock } from '../../../kernel/time.ts';
import type { RecordFormat } from '../format.ts';
import type { IntakeDoors } from '../intake.ts';
import { plainProfile } from '../source-profile.ts';
import { addSource, listBatches } from '../store.ts';
import { makeParty } from '../testing/make-party.ts';
import { Rounds } from './watch.ts';

const T0 = Date.UTC(2026, 10, 20, 12);
const QUIET_MS = 5_000;

/** A record for each line that has ended. */
const lines: RecordFormat = {
  name: 'lines',
  yields: 'usage',
  isText: true,
  checkProfile: () => [],
  async *read(bytes) {
    let text = '';
    let recordNo = 0;
    for await (const part of bytes) {
      text += Buffer.from(part).toString('utf8');
      const whole = text.split('\n');
      text = whole.pop() ?? '';
      for (const line of whole) {
        recordNo += 1;
        const reading = { kind: 'usage', claim: `iccid:${line}`, timeMark: 'receipt', body: {} } as const;
        yield { recordNo, raw: Buffer.from(line), outcome: { reading } };
      }
    }
    return { flags: [], facts: {} };
  },
};

let db: TestDatabase;
let intake: IntakeDoors;
let root: string;
let inbox: string;
let partyId: number;
let sourceId: number;
const clock = settableClock(T0);

beforeAll(async () => {
  db = await testDatabase();
  intake = {
    database: db.database,
    clock,
    formats: new Map([['lines', lines]]),
    leafFor: ms => db.leafFor(ms),
  };
});
afterAll(() => db?.close());
beforeEach(async () => {
  partyId = await makeParty(db.database);
  const source = { partyId, name: 'meters', format: 'lines', profile: plainProfile, atMs: T0 };
  sourceId = await db.database.door(partyId, tx => addSource(tx, source));
  root = mkdtempSync(join(tmpdir(), 'watched-'));
  inbox = join(root, String(partyId), 'meters');
  mkdirSync(inbox, { recursive: true });
  return () => rmSync(root, { recursive: true, force: true });
});

const rounds = (taker: string): Rounds =>
  new Rounds({ root, taker, quietMs: QUIET_MS, intake, log: silentLog });
async function look(...servers: readonly Rounds[]): Promise<void> {
  await Promise.all(servers.map(each => each.round()));
  clock.set(clock.now() + QUIET_MS);
  await Promise.all(servers.map(each => each.round()));
}
const batches = () =>
  db.database.door(partyId, tx =>
    listBatches(tx, { sourceId, beforeId: Number.MAX_SAFE_INTEGER, limit: 100 }),
  );
const report = (into: string, name: string) =>
  JSON.parse(readFileSync(join(inbox, into, `${name}.report.json`), 'utf8')) as Record<string, unknown>;

describe('watched folders', () => {
  it('of two servers each file is taken once, by one of them', async () => {
    const [one, two] = [rounds('one'), rounds('two')];
    for (let i = 0; i < 30; i += 1) writeFileSync(join(inbox, `${i}.txt`), `a${i}\nb${i}\n`);
    await look(one, two);
    const done = (await batches()).filter(batch => batch.state === 'complete');
    expect(done).toHaveLength(30);
    expect(done.reduce((sum, batch) => sum + batch.accepted, 0)).toBe(60);
    expect(readdirSync(join(inbox, 'done'))).toHaveLength(60);
  });

  it('a file waits until it has not changed for a while, also when the clock is set back', async () => {
    const server = rounds('one');
    const path = join(inbox, 'a.txt');
    writeFileSync(path, 'a\n');
    await server.round();
    for (const [step, isTaken] of [
      [QUIET_MS - 1, false],
      [-365 * 86_400_000, false],
      [QUIET_MS - 1, false],
      [1, true],
    ] as const) {
      clock.set(clock.now() + step);
      await server.round();
      expect(existsSync(path)).toBe(!isTaken);
    }
    clock.set(T0);
  });

  it('a disk that takes no report keeps the file, and makes no second batch of it', async () => {
    const server = rounds('one');
    await server.round();
    mkdirSync(join(inbox, 'done', 'a.txt.report.json'));
    writeFileSync(join(inbox, 'a.txt'), 'a\nb\n');
    await server.round().catch(() => undefined);
    clock.set(clock.now() + QUIET_MS);
    await expect(server.round()).rejects.toThrow();
    await expect(server.round()).rejects.toThrow();
    expect(readdirSync(join(inbox, 'taking', 'one')).sort()).toEqual(['.alive', 'a.txt']);
    rmSync(join(inbox, 'done', 'a.txt.report.json'), { recursive: true });
    await server.round();
    expect(await batches()).toHaveLength(1);
    expect(report('done', 'a.txt')).toMatchObject({ received: 2, accepted: 2, isKnown: true });
  });

  it('a file that is written on while it is read is put back, and its last half line is no record', async () => {
    const server = rounds('one');
    const path = join(inbox, 'a.txt');
    writeFileSync(path, 'first\nsec');
    const reader = { ...lines };
    let isFirst = true;
    reader.read = async function* (bytes, profile) {
      const written = async function* () {
        for await (const piece of bytes) {
          yield piece;
          if (isFirst) appendFileSync(join(inbox, 'taking', 'one', 'a.txt'), 'ond\n');
          isFirst = false;
        }
      };
      return yield* lines.read(written(), profile);
    };
    intake = { ...intake, formats: new Map([['lines', reader]]) };
    const writing = rounds('one');
    await look(writing);
    expect(existsSync(path)).toBe(true);
    await look(writing);
    expect(report('done', 'a.txt')).toMatchObject({ received: 2 });
    const accepted = (await batches()).reduce((sum, batch) => sum + batch.accepted, 0);
    expect(accepted).toBe(2);
    intake = { ...intake, formats: new Map([['lines', lines]]) };
    await server.round();
  });

  it('a folder of another party, or of no source, is left alone', async () => {
    const other = await makeParty(db.database);
    for (const below of [`${other}/meters`, `${partyId}/nobody`, `x/meters`, '0/meters']) {
      mkdirSync(join(root, below), { recursive: true });
      writeFileSync(join(root, below, 'a.txt'), 'a\n');
    }
    await look(rounds('one'));
    expect(await batches()).toEqual([]);
    for (const below of [`${other}/meters`, `${partyId}/nobody`, `x/meters`, '0/meters'])
      expect(readdirSync(join(root, below))).toEqual(['a.txt']);
  });
});
