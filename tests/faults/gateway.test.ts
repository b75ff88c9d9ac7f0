/** What a gateway puts on record and what it is told to allow, whichever write breaks: it stands once. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Tx } from '../../server/src/kernel/database/transaction.ts';
import type { Doer } from '../../server/src/modules/devices/authorities/authorities.ts';
import { party } from '../../server/src/modules/devices/testing/device-scene.ts';
import { Endings } from '../../server/src/modules/gateway/ended/endings.ts';
import { listEndings, listWithheld } from '../../server/src/modules/gateway/ended/store.ts';
import { changeRights, listRights } from '../../server/src/modules/gateway/rights/set-rights.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const FAULTS: readonly Fault[] = ['not-written', 'answer-lost'];
const clock = { now: () => Date.UTC(2026, 10, 27, 12) };
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await db?.close();
});

async function entries(doer: Doer, act: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from ledger_stage where act = ${act} and party_id = ${doer.partyId}`.execute(
    db.owner,
  );
  return rows[0]?.n as number;
}

test.each(FAULTS)('endings wait until they are written, each once (%s, I-04)', async fault => {
  const doer = await party(db, `endings ${fault}`);
  const endings = new Endings('n1');
  const closed = (credentialId: number) => ({
    ...{ credentialId, partyId: doer.partyId, reference: 'm:A', claim: 'device:m:A', isLast: true },
    ...{ fault: 'revoked' as const, connections: 2, atMs: clock.now() },
  });
  const kept = {
    what: 'kept',
    topic: 'up/A',
    qos: 1,
    sender: 'm:A',
    payload: Buffer.from([0, 1, 255]),
  } as const;
  endings.add(
    closed(1),
    Array.from({ length: 250 }, (_, i) => ({ ...kept, topic: `up/${i}` })),
  );
  endings.add(closed(2), []);
  for (const n of [1, 2]) {
    const breaking = breakTransaction(db.database, n, fault);
    await expect(endings.settle(breaking)).rejects.toThrow(Broken);
    expect(endings.size).toBe(n === 1 ? 2 : 1);
  }
  await endings.settle(db.database);
  expect(endings.size).toBe(0);
  const of = <T>(list: (tx: Tx) => Promise<T>) => db.database.door(doer.partyId, list);
  expect((await of(tx => listEndings(tx, null, 0, 10))).map(each => each.certificateId)).toEqual([1, 2]);
  const withheld = await of(tx => listWithheld(tx, 1, 0, 500));
  expect(withheld.map(each => each.topic)).toEqual(Array.from({ length: 250 }, (_, i) => `up/${i}`));
  expect(withheld[0]?.payload).toEqual(kept.payload);
  expect(await entries(doer, 'gateway-closed')).toBe(2);
});

test.each(FAULTS)('rights are granted and revoked whole, whichever transaction was %s', async fault => {
  const doer = await party(db, `rights ${fault}`);
  const change = async (how: 'granted' | 'revoked', publish: readonly string[]) => {
    const doors = (database: typeof db.database) => ({ database, clock });
    const patterns = { publish, subscribe: ['down/{serial}/#'] };
    const breaking = breakTransaction(db.database, 1, fault);
    await expect(changeRights(doors(breaking), doer, 'm', how, patterns)).rejects.toThrow(Broken);
    return await changeRights(doors(db.database), doer, 'm', how, patterns);
  };
  expect(await change('granted', ['up/{serial}', 'wills/{device}'])).toMatchObject({
    publish: ['up/{serial}', 'wills/{device}'],
    subscribe: ['down/{serial}/#'],
  });
  await change('revoked', ['wills/{device}', 'never/granted']);
  const [set] = await db.database.door(doer.partyId, listRights);
  expect(set).toMatchObject({ publish: ['up/{serial}'], subscribe: [] });
  const told = fault === 'answer-lost' ? 2 : 1;
  expect([
    await entries(doer, 'gateway-rights-granted'),
    await entries(doer, 'gateway-rights-revoked'),
  ]).toEqual([...[told, told]]);
});

test('patterns that two grant at once both stand', async () => {
  const doer = await party(db, 'two who grant');
  const grant = (pattern: string) =>
    changeRights({ database: db.database, clock }, doer, 'm', 'granted', {
      publish: [pattern],
      subscribe: [],
    });
  await Promise.all(['a', 'b', 'c', 'd'].map(grant));
  const [set] = await db.database.door(doer.partyId, listRights);
  expect([...(set?.publish ?? [])].sort()).toEqual(['a', 'b', 'c', 'd']);
});

test('patterns that are none, or too many, are refused and leave what was', async () => {
  const doer = await party(db, 'who grants too much');
  const grant = (publish: readonly string[]) =>
    changeRights({ database: db.database, clock }, doer, 'm', 'granted', { publish, subscribe: [] });
  await grant(Array.from({ length: 64 }, (_, i) => `t/${i}`));
  await expect(grant(['one/more'])).rejects.toMatchObject({ code: 'topics-refused' });
  await expect(grant(['$SYS/x'])).rejects.toMatchObject({ code: 'topics-refused' });
  const [set] = await db.database.door(doer.partyId, listRights);
  expect(set?.publish).toHaveLength(64);
});
