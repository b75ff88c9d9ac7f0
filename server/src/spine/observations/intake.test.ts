import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { settableClock } from '../../kernel/time.ts';
import type { RecordFormat } from './format.ts';
import { type IntakeDoors, takeIn } from './intake.ts';
import type { Cut } from './observation.ts';
import { discard, replay } from './quarantine/replay.ts';
import { listQuarantined, quarantinedById } from './quarantine/store.ts';
import { plainProfile } from './source-profile.ts';
import { addSource, batchById, history, listBatches, sourceById } from './store.ts';
import { makeParty } from './testing/make-party.ts';

const T0 = Date.UTC(2026, 10, 20, 12);

/** Lines `claim,ms,bytes`; a header line; anything else is unread. */
const lines: RecordFormat = {
  name: 'lines',
  yields: 'usage',
  isText: true,
  checkProfile: () => [],
  async *read(bytes) {
    let text = '';
    for await (const part of bytes) text += Buffer.from(part).toString('utf8');
    const [header, ...rest] = text.split('\n').filter(line => line !== '');
    for (const [i, line] of rest.entries()) {
      const match = /^(\w+:\w+),(\d+),(\d+)(,.*)?$/.exec(line);
      const outcome: Cut['outcome'] =
        match === null
          ? { unread: { place: `line ${i + 2}`, reason: 'shape', detail: { line: i + 2 } } }
          : {
              reading: {
                kind: 'usage',
                claim: match[1]!,
                observedAtMs: Number(match[2]),
                timeMark: 'stated',
                body: { bytes: Number(match[3]), note: match[4] ?? null },
              },
            };
      const frame = { before: Buffer.from(`${header}\n`), after: Buffer.from('\n') };
      yield { recordNo: i + 1, raw: Buffer.from(line), outcome, frame };
    }
    return { flags: [], facts: {} };
  },
};

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < text.length; i += 1000) yield Buffer.from(text.slice(i, i + 1000));
}

let db: TestDatabase;
let doors: IntakeDoors;
let partyId: number;
let sourceId: number;
const clock = settableClock(T0);
const actor = () => ({ partyId, label: 'person/1' });

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
  doors = {
    database: db.database,
    clock,
    formats: new Map([['lines', lines]]),
    leafFor: ms => db.leafFor(ms),
  };
  sourceId = await db.database.door(partyId, tx =>
    addSource(tx, { partyId, name: 'feed', format: 'lines', profile: plainProfile, atMs: T0 }),
  );
});
afterAll(() => db.close());

const file = (from: number, count: number): string =>
  `header\n${Array.from({ length: count }, (_, i) => `iccid:89${from + i},${T0 - i * 1000},${i}`).join('\n')}\n`;

const stored = (claim: string) =>
  db.database.corridor(tx =>
    history(tx, [{ claim, fromMs: -Number.MAX_SAFE_INTEGER, toMs: Number.MAX_SAFE_INTEGER }], [partyId], 0),
  );

describe('intake', () => {
  it('accepts a file of several chunks and balances it', async () => {
    const report = await takeIn(doors, actor(), sourceId, 'a.csv', pieces(file(1000, 4500)));
    expect(report).toMatchObject({ received: 4500, accepted: 4500, duplicate: 0, quarantined: 0 });
    const batch = await db.database.door(partyId, tx => batchById(tx, report.batchId));
    expect(batch).toMatchObject({ state: 'complete', received: 4500, accepted: 4500 });
    expect(await stored('iccid:891007')).toMatchObject([{ observedAtMs: T0 - 7000, body: { bytes: 7 } }]);
  });

  it('changes nothing when the same file comes again, also on another day', async () => {
    const again = await takeIn(doors, actor(), sourceId, 'a.csv', pieces(file(1000, 4500)));
    expect(again).toMatchObject({ received: 4500, accepted: 0, duplicate: 4500 });
    clock.advance(3 * 86_400_000);
    const later = await takeIn(doors, actor(), sourceId, 'a.csv', pieces(file(1000, 4500)));
    expect(later).toMatchObject({ accepted: 0, duplicate: 4500 });
  });

  it('puts what it cannot read aside with its place, and takes it once mended', async () => {
    const report = await takeIn(
      doors,
      actor(),
      sourceId,
      'b.csv',
      pieces(`header\niccid:1,${T0},5\nrubbish\n`),
    );
    expect(report).toMatchObject({ received: 2, accepted: 1, quarantined: 1 });
    const [row] = await db.database.door(partyId, tx => listQuarantined(tx, { afterId: 0, limit: 10 }));
    expect(row).toMatchObject({ place: 'line 3', reason: 'shape', state: 'open' });
    const id = row!.quarantineId;
    await expect(replay(doors, actor(), id, undefined)).rejects.toMatchObject({ code: 'replay-unread' });
    const done = await replay(doors, actor(), id, Buffer.from(`iccid:2,${T0},9`));
    expect(done).toMatchObject({ received: 1, accepted: 1 });
    expect(await stored('iccid:2')).toHaveLength(1);
    await expect(replay(doors, actor(), id, undefined)).rejects.toMatchObject({
      code: 'quarantined-settled',
    });
    expect(await db.database.door(partyId, tx => quarantinedById(tx, id, false))).toMatchObject({
      state: 'replayed',
    });
  });

  it('counts an unread record that comes again as a duplicate, and says who discarded it and why', async () => {
    const rubbish = 'header\nmore rubbish\n';
    expect(await takeIn(doors, actor(), sourceId, 'c', pieces(rubbish))).toMatchObject({ quarantined: 1 });
    expect(await takeIn(doors, actor(), sourceId, 'c', pieces(rubbish))).toMatchObject({ duplicate: 1 });
    const rows = await db.database.door(partyId, tx =>
      listQuarantined(tx, { state: 'open', afterId: 0, limit: 10 }),
    );
    expect(rows).toHaveLength(1);
    await discard(doors, actor(), rows[0]!.quarantineId, 'a test line of the sender');
    await expect(discard(doors, actor(), rows[0]!.quarantineId, 'again')).rejects.toMatchObject({
      code: 'quarantined-settled',
    });
  });

  it('judges a record of 1970 or of the future at its receipt, marked so, and keeps what it said', async () => {
    const year3000 = Date.UTC(3000, 0, 1);
    await takeIn(
      doors,
      actor(),
      sourceId,
      'd',
      pieces(`header\niccid:70,${5},1\niccid:3000,${year3000},1\n`),
    );
    for (const claim of ['iccid:70', 'iccid:3000'])
      expect(await stored(claim)).toMatchObject([{ timeMark: 'implausible', observedAtMs: clock.now() }]);
    const source = await db.database.door(partyId, tx => sourceById(tx, sourceId));
    expect(source!.watermarkMs).toBeLessThanOrEqual(clock.now());
  });

  it('believes the time of a record of a fast clock, and not that its source has come so far', async () => {
    const aheadMs = clock.now() + 3_600_000;
    await takeIn(doors, actor(), sourceId, 'd2', pieces(`header\niccid:71,${aheadMs},1\n`));
    expect(await stored('iccid:71')).toMatchObject([{ observedAtMs: aheadMs }]);
    const source = await db.database.door(partyId, tx => sourceById(tx, sourceId));
    expect(source!.watermarkMs).toBe(clock.now());
  });

  it('quarantines a record with text the database cannot hold and keeps the rest of its chunk', async () => {
    const report = await takeIn(
      doors,
      actor(),
      sourceId,
      'e',
      pieces(`header\niccid:8,${T0},1,a\0b\niccid:9,${T0},1\n`),
    );
    expect(report).toMatchObject({ received: 2, accepted: 1, quarantined: 1 });
  });

  it('marks the batch broken when the stream breaks off, keeps its chunks and takes the rest later', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(file(900_000, 10));
      throw new Error('connection lost');
    }
    await expect(takeIn(doors, actor(), sourceId, 'f', breaking())).rejects.toThrow('connection lost');
    const whole = await takeIn(doors, actor(), sourceId, 'f', pieces(file(900_000, 10)));
    expect(whole).toMatchObject({ received: 10, accepted: 10 });
  });

  it('meets itself when the same file is sent twice at once', async () => {
    const reports = await Promise.all(
      ['g1', 'g2'].map(name => takeIn(doors, actor(), sourceId, name, pieces(file(500_000, 3000)))),
    );
    expect(reports[0]!.accepted + reports[1]!.accepted).toBe(3000);
    expect(reports[0]!.duplicate + reports[1]!.duplicate).toBe(3000);
  });
});

describe('an accept commit that is broken on purpose', () => {
  /** Fails the n-th transaction of the door, before its work or after its commit. */
  function breaking(n: number, when: 'before' | 'after'): Database {
    let count = 0;
    return {
      ...db.database,
      door: async <T>(party: number, work: (tx: Tx) => Promise<T>): Promise<T> => {
        count += 1;
        if (count === n && when === 'before') throw new Error('not written');
        const result = await db.database.door(party, work);
        if (count === n && when === 'after') throw new Error('answer lost');
        return result;
      },
    };
  }

  // 1 looks the source up, 2 opens the batch, 3 to 5 are chunks, 6 closes.
  for (const n of [2, 3, 4, 5, 6]) {
    for (const when of ['before', 'after'] as const) {
      it(`keeps every record once when transaction ${n} ${when === 'before' ? 'is not written' : 'is written and the answer lost'}`, async () => {
        const from = 1_000_000 + n * 100_000 + (when === 'after' ? 50_000 : 0);
        const broken = { ...doors, database: breaking(n, when) };
        await expect(takeIn(broken, actor(), sourceId, 'h', pieces(file(from, 4500)))).rejects.toThrow();
        const again = await takeIn(doors, actor(), sourceId, 'h', pieces(file(from, 4500)));
        expect(again.received).toBe(4500);
        expect(again.accepted + again.duplicate).toBe(4500);
        expect(await stored(`iccid:89${from + 4400}`)).toHaveLength(1);
        expect(await stored(`iccid:89${from}`)).toHaveLength(1);
      });
    }
  }

  it('shows the batch as broken once the database is back, when it went away altogether', async () => {
    let isAway = false;
    let count = 0;
    const leaving: Database = {
      ...db.database,
      door: async (party, work) => {
        count += 1;
        // The fourth is the second chunk.
        if (count === 4) isAway = true;
        if (isAway) throw new Error('away');
        return await db.database.door(party, work);
      },
    };
    const sent = takeIn(
      { ...doors, database: leaving },
      actor(),
      sourceId,
      'away',
      pieces(file(2_500_000, 4500)),
    );
    await expect(sent).rejects.toThrow('away');
    const state = async () => {
      const [last] = await db.database.door(partyId, tx =>
        listBatches(tx, { sourceId, beforeId: Number.MAX_SAFE_INTEGER, limit: 1 }),
      );
      return [last!.name, last!.state, last!.accepted];
    };
    expect(await state()).toEqual(['away', 'receiving', 2000]);
    isAway = false;
    await expect.poll(state, { timeout: 10_000 }).toEqual(['away', 'broken', 2000]);
  });
});
