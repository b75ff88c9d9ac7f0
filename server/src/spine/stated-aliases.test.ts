import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../kernel/database/test-database.ts';
import { settableClock } from '../kernel/time.ts';
import { acceptChunk, type IntakeDoors } from './observations/intake.ts';
import type { Cut, Reading } from './observations/observation.ts';
import { plainProfile } from './observations/source-profile.ts';
import { addSource, sourceById } from './observations/store.ts';
import { makeParty } from './observations/testing/make-party.ts';
import { loadDossiers } from './registry/dossier.ts';
import { registerRows } from './registry/register.ts';
import type { Registration } from './registry/registration.ts';
import { deriveStated, listStatedAliases } from './registry/stated.ts';

const T0 = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

let db: TestDatabase;
let partyId: number;
let doors: IntakeDoors;
const opened: TestDatabase[] = [];
const clock = settableClock(T0 + 30 * DAY);

beforeEach(async () => {
  db = await testDatabase();
  opened.push(db);
  partyId = await makeParty(db.database);
  doors = { database: db.database, clock, formats: new Map(), leafFor: ms => db.leafFor(ms) };
});
afterAll(() => Promise.all(opened.map(each => each.close())));

async function makeSource(name: string, mayStateAliases: boolean): Promise<number> {
  const profile = { ...plainProfile, mayStateAliases };
  return db.database.door(partyId, tx => addSource(tx, { partyId, name, format: 'any', profile, atMs: T0 }));
}

/** A record of a day that states some identifiers. */
function record(day: number, claim: string, ...alsoClaims: string[]): Cut {
  const raw = Buffer.from(`${day} ${claim} ${alsoClaims.join()}`);
  const observedAtMs = T0 + day * DAY;
  const reading: Reading = { kind: 'use', claim, alsoClaims, observedAtMs, timeMark: 'stated', body: {} };
  return { recordNo: 1, raw, outcome: { reading } };
}

async function accept(sourceId: number, ...cuts: Cut[]): Promise<void> {
  const source = await db.database.door(partyId, tx => sourceById(tx, sourceId));
  const { rows } = await sql<{ id: number }>`
    insert into batch (party_id, source_id, name, opened_at) values (${partyId}, ${sourceId}, 'b', now())
    returning batch_id as id`.execute(db.corridor);
  await acceptChunk(doors, source!, rows[0]!.id, cuts);
}

async function register(...cards: string[]): Promise<void> {
  const registrations = cards.flatMap((reference): Registration[] => [
    { do: 'subject', kind: 'card', reference },
    { do: 'alias', kind: 'card', reference, claim: `iccid:${reference}` },
  ]);
  const rows = [{ place: 'line 2', asks: { registrations } }];
  await db.database.door(partyId, tx => registerRows(tx, partyId, rows, 'import/1', T0));
}

/** Until nothing is due: calls wait while a transaction of any database of the server began before them. */
async function derive(): Promise<void> {
  for (;;) {
    await db.database.corridor(tx => deriveStated(tx, clock.now()));
    const { rows } = await sql<{ n: number }>`select count(*) as n from claim_due`.execute(db.corridor);
    if (rows[0]!.n === 0) return;
    await sleep(20);
  }
}

/** `card claim from..to`, days since the first; the ICCID, which is always the card's, apart. */
async function named(): Promise<string[]> {
  const subjects = await sql<{ id: number }>`select subject_id as id from subject`.execute(db.corridor);
  const ids = subjects.rows.map(row => row.id);
  const dossiers = await db.database.corridor(tx => loadDossiers(tx, { claims: [], subjectIds: ids }));
  const dayOf = (ms: number): string =>
    Math.abs(ms) === Number.MAX_SAFE_INTEGER ? '' : String((ms - T0) / DAY);
  return dossiers
    .flatMap(({ reference, aliases }) =>
      aliases
        .filter(({ claim }) => claim !== `iccid:${reference}`)
        .map(({ claim, fromMs, toMs }) => `${reference} ${claim} ${dayOf(fromMs)}..${dayOf(toMs)}`),
    )
    .sort();
}

const answers = async (): Promise<string[]> =>
  (await db.database.door(partyId, tx => listStatedAliases(tx, { afterId: 0, limit: 100 })))
    .filter(({ by }) => by.startsWith('iccid'))
    .map(({ claim, by, answer }) => `${claim} ${by} ${answer}`)
    .sort();

async function dirty(): Promise<Record<string, number>> {
  const { rows } = await sql<{ reference: string; at: number }>`
    with gone as (delete from dirty returning subject_id, from_time)
    select reference, min(from_time) as at from gone join subject using (subject_id) group by reference`.execute(
    db.corridor,
  );
  return Object.fromEntries(rows.map(({ reference, at }) => [reference, (at - T0) / DAY]));
}

describe('identifiers that a record states together', () => {
  test('name the card from the time of the record on, and what it did since is judged again', async () => {
    const source = await makeSource('stating', true);
    await register('a');
    await derive();
    await dirty();
    await accept(source, record(5, 'iccid:a', 'imsi:1', 'msisdn:1'));
    await derive();
    expect(await named()).toEqual(['a imsi:1 5..', 'a msisdn:1 5..']);
    expect(await dirty()).toEqual({ a: 5 });
    await accept(source, record(5, 'iccid:a', 'imsi:1', 'msisdn:1'), record(7, 'iccid:a', 'imsi:1'));
    await derive();
    expect(await dirty()).toEqual({});
    await accept(source, record(2, 'imsi:1', 'iccid:a'));
    await derive();
    expect(await named()).toEqual(['a imsi:1 2..', 'a msisdn:1 5..']);
    expect(await dirty()).toEqual({ a: 2 });
  });

  test('name nobody by the word of a source that may not state aliases', async () => {
    const source = await makeSource('plain', false);
    await register('a');
    await accept(source, record(5, 'iccid:a', 'imsi:1'));
    await derive();
    expect(await named()).toEqual([]);
    expect(await answers()).toEqual([]);
  });

  test('wait for the card to be registered', async () => {
    const source = await makeSource('stating', true);
    await accept(source, record(5, 'iccid:a', 'imsi:1'));
    await derive();
    expect(await answers()).toEqual(['imsi:1 iccid:a unknown']);
    await register('a');
    await derive();
    expect(await named()).toEqual(['a imsi:1 5..']);
    expect(await answers()).toEqual(['imsi:1 iccid:a entered']);
  });

  test('give way to what is registered, and the contradiction is told', async () => {
    const source = await makeSource('stating', true);
    await register('a', 'b');
    await accept(source, record(5, 'iccid:a', 'imsi:1'));
    await derive();
    expect(await named()).toEqual(['a imsi:1 5..']);
    const asks = {
      registrations: [{ do: 'alias', kind: 'card', reference: 'b', claim: 'imsi:1' } satisfies Registration],
    };
    const { contested } = await db.database.door(partyId, tx =>
      registerRows(tx, partyId, [{ place: 'line 2', asks }], 'import/2', T0),
    );
    expect(contested).toEqual([]);
    await derive();
    expect(await named()).toEqual(['b imsi:1 ..']);
    expect(await answers()).toEqual(['imsi:1 iccid:a contradicts-register']);
  });

  test('of two cards make the first be judged again from where it bore the claim alone', async () => {
    const source = await makeSource('stating', true);
    await register('a', 'b');
    await accept(source, record(3, 'iccid:a', 'imsi:1'), record(8, 'iccid:a', 'imsi:1'));
    await derive();
    await dirty();
    await accept(source, record(6, 'iccid:b', 'imsi:1'));
    await derive();
    expect(await named()).toEqual([]);
    expect(await dirty()).toEqual({ a: 3, b: 6 });
  });

  test('come to the same in any order, however often', async () => {
    const told = [
      record(1, 'iccid:a', 'imsi:1'),
      record(4, 'iccid:a', 'imsi:1'),
      record(6, 'iccid:b', 'imsi:1', 'msisdn:2'),
      record(9, 'imsi:1', 'iccid:b'),
      record(3, 'iccid:a', 'msisdn:2'),
      record(8, 'iccid:a', 'msisdn:2'),
    ];
    const orders = [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [3, 3, 0, 5, 2, 2, 4, 1],
    ];
    for (const [run, order] of orders.entries()) {
      db = await testDatabase();
      opened.push(db);
      partyId = await makeParty(db.database);
      doors = { ...doors, database: db.database, leafFor: ms => db.leafFor(ms) };
      const source = await makeSource('stating', true);
      if (run === 0) await register('a', 'b');
      for (const at of order) {
        await accept(source, told[at]!);
        if (run !== 1) await derive();
      }
      if (run !== 0) await register('a', 'b');
      await derive();
      expect(await answers()).toEqual([
        'imsi:1 iccid:a entered',
        'imsi:1 iccid:b entered',
        'msisdn:2 iccid:a contested',
        'msisdn:2 iccid:b contested',
      ]);
      // The contested claim names nobody, as one registered twice does (C-15).
      expect(await named()).toEqual(['a imsi:1 1..6', 'b imsi:1 6..']);
    }
  });
});
