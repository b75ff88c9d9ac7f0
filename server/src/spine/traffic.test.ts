import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../kernel/database/test-database.ts';
import { settableClock } from '../kernel/time.ts';
import { claimsFallenSilent } from './observations/feeds/store.ts';
import type { RecordFormat } from './observations/format.ts';
import { type IntakeDoors, takeIn } from './observations/intake.ts';
import { plainProfile } from './observations/source-profile.ts';
import { addSource } from './observations/store.ts';
import { makeParty } from './observations/testing/make-party.ts';
import { registerRows } from './registry/register.ts';
import type { Registration } from './registry/registration.ts';
import { trafficPort } from './traffic.ts';

const T0 = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const at = (hour: number): number => T0 + hour * HOUR;

/** Lines `claim hour`; `break` ends the stream as a lost connection does. */
const lines: RecordFormat = {
  name: 'lines',
  yields: 'use',
  isText: true,
  checkProfile: () => [],
  async *read(bytes) {
    let text = '';
    for await (const part of bytes) text += Buffer.from(part).toString('utf8');
    for (const [i, line] of text.split('\n').entries()) {
      if (line === 'break') throw new Error('the stream broke');
      const [claim = '', hour] = line.split(' ');
      const observedAtMs = at(Number(hour));
      const reading = { kind: 'use', claim, observedAtMs, timeMark: 'stated', body: {} } as const;
      yield { recordNo: i + 1, raw: Buffer.from(line), outcome: { reading } };
    }
    return { flags: [], facts: {} };
  },
};

let db: TestDatabase;
let doors: IntakeDoors;
let root: number;
let partyId: number;
let neighbour: number;
let made = 0;

beforeAll(async () => {
  db = await testDatabase();
  root = await makeParty(db.database);
  doors = {
    database: db.database,
    clock: settableClock(at(500)),
    formats: new Map([['lines', lines]]),
    leafFor: ms => db.leafFor(ms),
  };
});
afterAll(() => db.close());
beforeEach(async () => {
  made += 1;
  partyId = await makeParty(db.database, root);
  neighbour = await makeParty(db.database, root);
});

async function makeSource(owner = partyId): Promise<number> {
  made += 1;
  const source = { partyId: owner, name: `feed ${made}`, format: 'lines', profile: plainProfile, atMs: T0 };
  return db.database.door(owner, tx => addSource(tx, source));
}

async function feed(sourceId: number, text: string, owner = partyId): Promise<void> {
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text);
  };
  await takeIn(doors, { partyId: owner, label: 'test' }, sourceId, 'batch', bytes());
}

/** A card known by an ICCID always and by further claims within hours. */
async function card(owner: number, ...claims: { claim: string; to?: number }[]): Promise<number> {
  const named = { kind: 'card', reference: 'a' };
  const registrations: Registration[] = [
    { do: 'subject', ...named },
    ...claims.map(
      ({ claim, to }): Registration => ({
        do: 'alias',
        ...named,
        claim,
        ...(to === undefined ? {} : { toMs: at(to) }),
      }),
    ),
  ];
  const rows = [{ place: 'line 2', asks: { registrations } }];
  await db.database.door(owner, tx => registerRows(tx, owner, rows, 'import/1', T0));
  const { rows: ids } = await sql<{ id: number }>`
    select subject_id as id from subject where party_id = ${owner}`.execute(db.corridor);
  return ids[0]!.id;
}

/** Hour up to which the feeds of the subject are known to have come after the hour of a measure. */
async function watermark(subjectId: number, hour: number): Promise<number | null> {
  const ms = await db.database.corridor(tx => trafficPort([]).watermarkOf(tx, subjectId, at(hour)));
  return ms === null ? null : (ms - T0) / HOUR;
}

describe('how far the feeds that would carry a card have come', () => {
  test('is as far as the slowest of them, whatever claim each knows the card by', async () => {
    const subject = await card(partyId, { claim: 'iccid:1' }, { claim: 'imsi:1' });
    const [fast, slow] = [await makeSource(), await makeSource()];
    expect(await watermark(subject, 5)).toBeNull();
    await feed(fast, 'iccid:1 1\niccid:9 30');
    expect(await watermark(subject, 5)).toBe(30);
    await feed(slow, 'imsi:1 2\nimsi:9 10');
    expect(await watermark(subject, 5)).toBe(10);
    await feed(slow, 'imsi:9 40');
    expect(await watermark(subject, 5)).toBe(30);
  });

  test('does not wait for a feed that knew the card only by a claim it bears no longer', async () => {
    const subject = await card(partyId, { claim: 'iccid:2' }, { claim: 'imsi:2', to: 4 });
    const [live, old] = [await makeSource(), await makeSource()];
    await feed(old, 'imsi:2 2');
    await feed(live, 'iccid:2 3\niccid:9 30');
    expect(await watermark(subject, 3)).toBe(2);
    expect(await watermark(subject, 5)).toBe(30);
  });

  test('takes no word of a neighbour whose sources name another card so', async () => {
    const subject = await card(partyId, { claim: 'iccid:3' });
    await card(neighbour, { claim: 'iccid:3' });
    const [own, theirs] = [await makeSource(), await makeSource(neighbour)];
    await feed(theirs, 'iccid:3 30', neighbour);
    expect(await watermark(subject, 5)).toBeNull();
    await feed(own, 'iccid:3 1\niccid:9 20');
    expect(await watermark(subject, 5)).toBe(20);
  });

  test('is not known while a batch of the feed is incomplete, for it need not come in order', async () => {
    const subject = await card(partyId, { claim: 'iccid:4' });
    const source = await makeSource();
    await feed(source, 'iccid:4 1\niccid:9 2');
    const broken = Array.from({ length: 2_000 }, (_, i) => `iccid:${100 + i} 30`).join('\n');
    await expect(feed(source, `${broken}\nbreak`)).rejects.toThrow('the stream broke');
    expect(await watermark(subject, 1)).toBe(2);
    await feed(source, `${broken}\niccid:4 6`);
    expect(await watermark(subject, 1)).toBe(30);
  });

  test('is not known where a feed states no times, and a feed retired before the measure does not count', async () => {
    const subject = await card(partyId, { claim: 'iccid:5' });
    const [timeless, timed] = [await makeSource(), await makeSource()];
    await feed(timeless, 'iccid:5 -900000');
    await feed(timed, 'iccid:5 1\niccid:9 20');
    expect(await watermark(subject, 5)).toBeNull();
    await sql`update source set retired_at = to_timestamp(${at(4)} / 1000.0) where source_id = ${timeless}`.execute(
      db.corridor,
    );
    expect(await watermark(subject, 5)).toBe(20);
    expect(await watermark(subject, 3)).toBeNull();
  });
});

describe('a tick', () => {
  test('finds silences that fell due however far it leapt', async () => {
    const source = await makeSource();
    await feed(source, 'iccid:6 1\niccid:7 10');
    await feed(source, 'iccid:8 300');
    const fallen = async (hour: number) =>
      (
        await db.database.corridor(tx =>
          claimsFallenSilent(tx, [{ sourceId: source, watermarkMs: at(hour) }], {
            shortestMs: 5 * HOUR,
            longestMs: 5 * HOUR,
          }),
        )
      )
        .map(({ claim }) => claim)
        .sort();
    // What spoke at 10 is due by 15.
    expect(await fallen(10)).toEqual(['iccid:6']);
    // What spoke at 1 was due before the tick at 10; what spoke at 10 fell due in the leap, what speaks now did not.
    expect(await fallen(300)).toEqual(['iccid:7']);
  });
});
