/** Bulk reading of the vault becomes a case of the staff account (L-25), once for each doubling, whatever breaks. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { staffCheckFormat, tellAlarms } from '../../server/src/modules/privacy/alarms.ts';
import { lookAt } from '../../server/src/modules/privacy/looks.ts';
import { personSeen, registerPerson } from '../../server/src/modules/privacy/persons.ts';
import {
  cardNumber,
  type PrivacyScene,
  privacyScene,
} from '../../server/src/modules/privacy/testing/privacy-scene.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

let scene: PrivacyScene;
const handles: string[] = [];
beforeAll(async () => {
  scene = await privacyScene();
  for (let n = 0; n < 4; n += 1) {
    const document = { kind: 'resident-identity-card' as const, number: cardNumber(70 + n) };
    const told = { kind: 'natural' as const, name: 'Li Wei', document };
    handles.push((await registerPerson(scene, scene.hand(), told)).handle);
  }
});
afterAll(() => scene.close());

const look = (reader: string, of: string, database: Database = scene.database) =>
  lookAt({ ...scene, database }, scene.editions, { ...scene.hand(), reader }, tx => personSeen(tx, of), {
    ...{ purpose: 'real-name', use: 'case-work', caseId: null },
  } as const);

const doorsOver = (database: Database): ModuleDoors => {
  const formats = new Map([[staffCheckFormat.name, staffCheckFormat]]);
  const intake = { database, clock: scene.clock, formats, leafFor: (ms: number) => scene.db.leafFor(ms) };
  return { ...scene, database, intake } as unknown as ModuleDoors;
};

/** What was told of a reader, and how often the account is a subject. */
async function told(reader: string) {
  const id = reader.slice('person/'.length);
  const { rows } = await sql<{ refused: string }>`select body->>'refused' as refused from observation
    where kind = 'staff-check' and claim = ${`staff:${id}`} order by (body->>'refused')::int`.execute(
    scene.db.owner,
  );
  const subjects = await sql<{
    n: number;
  }>`select count(*) as n from subject s join alias a using (subject_id)
    where s.kind = 'staff-account' and s.reference = ${id} and s.party_id = ${scene.partyId}`.execute(
    scene.db.owner,
  );
  return { refused: rows.map(row => row.refused), subjects: subjects.rows[0]!.n };
}

/** Three persons are what one may see on a day; the fourth is refused, so many times. */
async function readTooMuch(reader: string, refusals: number, database?: Database): Promise<void> {
  for (const handle of handles.slice(0, 3)) await look(reader, handle);
  for (let i = 0; i < refusals; i += 1)
    await expect(look(reader, handles[3]!, database)).rejects.toMatchObject({ code: 'look-limit-reached' });
}

test('at the first refusal of a day and at every doubling, and never for those who keep to it', async () => {
  await readTooMuch('person/curious', 9);
  for (const handle of handles.slice(0, 3)) await look('person/modest', handle);
  await tellAlarms(doorsOver(scene.database));
  await tellAlarms(doorsOver(scene.database));
  expect(await told('person/curious')).toEqual({ refused: ['1', '2', '4', '8'], subjects: 1 });
  expect(await told('person/modest')).toEqual({ refused: [], subjects: 0 });
});

test('on the next day it is counted anew', async () => {
  scene.clock.advance(86_400_000);
  await readTooMuch('person/curious', 1);
  await tellAlarms(doorsOver(scene.database));
  expect((await told('person/curious')).refused).toEqual(['1', '1', '2', '4', '8']);
});

test.each<Fault>(['not-written', 'answer-lost'])(
  'is told once, whichever transaction of telling was %s',
  async fault => {
    let n = 1;
    for (; n < 20; n += 1) {
      const reader = `person/r-${fault}-${n}`;
      await readTooMuch(reader, 2);
      const broken = breakTransaction(scene.database, n, fault);
      await tellAlarms(doorsOver(broken)).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      await tellAlarms(doorsOver(scene.database));
      expect([n, await told(reader)]).toEqual([n, { refused: ['1', '2'], subjects: 1 }]);
      if (!broken.didFail()) break;
    }
    expect(n).toBeGreaterThan(4);
  },
);

test('no alarm row, no entry and no refusal go apart when the alarm itself breaks', async () => {
  // The fourth transaction of a refused look is the alarm's: the entry and the row commit together or not at all.
  for (let n = 1; n < 8; n += 1) {
    const reader = `person/broken-${n}`;
    for (const handle of handles.slice(0, 3)) await look(reader, handle);
    const broken = breakTransaction(scene.database, n, 'not-written');
    const code = await look(reader, handles[3]!, broken).catch(cause => cause.code ?? 'broken');
    expect(['look-limit-reached', 'broken']).toContain(code);
    const { rows } = await sql<{ alarms: number; refused: number }>`select
      (select count(*) from vault_alarm where reader = ${reader}) as alarms,
      coalesce((select sum(refused) from vault_reader_day where actor = ${reader}), 0)::bigint as refused`.execute(
      scene.db.owner,
    );
    expect([n, rows[0]!.alarms]).toEqual([n, rows[0]!.refused]);
  }
});
