/** CR-24: a push is answered after the commit that holds its records, and whatever becomes of a try they are there once. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hooksRoutes } from '../../server/src/api/routes/hooks.ts';
import { type TestApi, testApi } from '../../server/src/api/testing/test-api.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { emnifyUsage } from '../../server/src/modules/cards/formats/emnify-usage.ts';
import { makeHook } from '../../server/src/spine/observations/hooks/hooks.ts';
import { registerSource } from '../../server/src/spine/observations/sources.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import type { Fault } from '../measures/faulty-database.ts';
import { breakWrite } from './broken-writes.ts';

const SECRET = 'what the platform was told once';
const FORMATS = new Map([[emnifyUsage.name, emnifyUsage]]);

let api: TestApi;
let partyId = 0;
/** What the door of pushes works over: the real database, or that with a fault. */
let database: Database;
const over: Database = {
  corridor: work => database.corridor(work),
  door: (party, work) => database.door(party, work),
  doorAtOnce: (party, statements) => database.doorAtOnce(party, statements),
};

beforeAll(async () => {
  api = await testApi([
    (app, doors) => {
      const leafFor = (ms: number) => api.db.leafFor(ms);
      const intake = { database: over, clock: doors.clock, formats: FORMATS, leafFor };
      hooksRoutes(app, { ...doors, intake, hookSecret: () => SECRET });
    },
  ]);
  database = api.db.database;
  partyId = await makeParty(database);
});
afterAll(() => api.close());

let sources = 0;
/** A source of its own with an address for pushes, and what is stored of it. */
async function pushed() {
  sources += 1;
  const actor = { partyId, label: 'person/7' };
  const asked = { name: `stream-${sources}`, format: emnifyUsage.name, profile: { unit: 'MB' as const } };
  const sourceId = await api.db.database.door(partyId, tx =>
    registerSource(tx, FORMATS, actor, asked, api.clock.now()),
  );
  const hookDoors = { database: api.db.database, clock: api.clock, hookSecret: () => SECRET };
  const { hookId } = await makeHook(hookDoors, actor, { sourceId, scheme: 'token' });
  return {
    push: async (id: number) => {
      const answer = await api.app.inject({
        url: `/hooks/${hookId}`,
        method: 'POST',
        payload: record(id),
        headers: { authorization: SECRET, 'content-type': 'application/json' },
      });
      const { accepted = 0, duplicate = 0 } = answer.json() as Record<string, number>;
      return { status: answer.statusCode, accepted, duplicate };
    },
    stored: async (): Promise<number> => {
      const { rows } = await sql<{ n: number }>`
        select count(*) as n from observation where source_id = ${sourceId}`.execute(api.db.owner);
      return rows[0]!.n;
    },
  };
}

function record(id: number): string {
  const at = new Date(api.clock.now() - 3_600_000).toISOString();
  return JSON.stringify({
    ...{ id, traffic_type: { id: 5, description: 'Data' }, sim: { iccid: '8988303000000000010' } },
    ...{ start_timestamp: at, end_timestamp: at, volume: { total: '0.5', tx: '0.5', rx: '0' } },
  });
}

describe('CR-24 a push', () => {
  test('is not answered while its commit is under way', async () => {
    const { push, stored } = await pushed();
    let answered = false;
    let begun = (): void => {};
    let release = (): void => {};
    const isBegun = new Promise<void>(resolve => {
      begun = resolve;
    });
    const isReleased = new Promise<void>(resolve => {
      release = resolve;
    });
    const real = api.db.database;
    let isFirst = true;
    database = {
      ...real,
      door: (party, work) =>
        real.door(party, async tx => {
          const done = await work(tx);
          const { rows } = await sql<{ has: boolean }>`
            select pg_current_xact_id_if_assigned() is not null as has`.execute(tx);
          if (rows[0]!.has && isFirst) {
            isFirst = false;
            begun();
            await isReleased;
          }
          return done;
        }),
    };
    const answer = push(1).finally(() => {
      answered = true;
    });
    await isBegun;
    // Long enough for an answer that waits for nothing, and no shorter on a slow machine.
    await new Promise(resolve => setTimeout(resolve, 200));
    expect([answered, await stored()]).toEqual([false, 0]);
    release();
    expect(await answer).toEqual({ status: 200, accepted: 1, duplicate: 0 });
    expect(await stored()).toBe(1);
    database = real;
  });

  test.each<Fault>(['not-written', 'answer-lost'])(
    'whose commit was %s is not acknowledged, and pushed again it is stored once, in a first commit and in later ones',
    async fault => {
      const real = api.db.database;
      let breaks = 0;
      // The first commit of a source opens its batch; those after it go in one trip.
      for (const warm of [false, true])
        for (let n = 1; ; n += 1) {
          const { push, stored } = await pushed();
          database = real;
          if (warm) expect(await push(1)).toMatchObject({ status: 200, accepted: 1 });
          const before = await stored();
          const broken = breakWrite(real, n, fault);
          database = broken;
          const failed = await push(2);
          database = real;
          if (!broken.didFail()) {
            expect(failed).toEqual({ status: 200, accepted: 1, duplicate: 0 });
            break;
          }
          breaks += 1;
          expect(failed.status, `write ${n}`).toBeGreaterThanOrEqual(500);
          const isThere = (await stored()) - before;
          expect(isThere, `write ${n}`).toBe(fault === 'not-written' ? 0 : 1);
          const again = await push(2);
          expect(again).toEqual({ status: 200, accepted: 1 - isThere, duplicate: isThere });
          expect(await push(2)).toEqual({ status: 200, accepted: 0, duplicate: 1 });
          expect(await stored()).toBe(before + 1);
        }
      expect(breaks).toBeGreaterThanOrEqual(2);
    },
  );

  test('that is tried five times, four of them in vain, is stored once and acknowledged at the last', async () => {
    const { push, stored } = await pushed();
    const real = api.db.database;
    const faults: readonly Fault[] = ['not-written', 'answer-lost', 'not-written', 'answer-lost'];
    for (const fault of faults) {
      const broken = breakWrite(real, 1, fault);
      database = broken;
      const { status } = await push(1);
      // Once the answer to a commit was lost, what is stored is known again and nothing is written any more.
      expect(status >= 500).toBe(broken.didFail());
    }
    database = real;
    expect(await push(1)).toEqual({ status: 200, accepted: 0, duplicate: 1 });
    expect(await stored()).toBe(1);
  });
});
