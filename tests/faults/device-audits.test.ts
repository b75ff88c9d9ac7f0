/** Audits of devices, whichever of their writes breaks: a result stands once, is told once, and a verification is one entry. */
import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import {
  auditParty,
  deviceAuditFormat,
  listResults,
  tellResults,
  verifyResult,
} from '../../server/src/modules/devices/audits/audit.ts';
import { readChecks } from '../../server/src/modules/devices/audits/checks.ts';
import { type DeviceScene, deviceScene } from '../../server/src/modules/devices/testing/device-scene.ts';
import type { IntakeDoors } from '../../server/src/spine/observations/intake.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const PATH = '../../content/catalogues/device-audits/checks.yaml';
const CHECKS = readChecks(new Map([['checks', readFileSync(new URL(PATH, import.meta.url), 'utf8')]]));
let db: TestDatabase;
let made = 0;
const scenes: DeviceScene[] = [];
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  for (const each of scenes) await each.close();
  await db?.close();
});

/** Looks, tells and judges, over a database that may break. */
async function whole(one: DeviceScene, database: Database): Promise<void> {
  const { clock, doer } = one;
  const desk = one.over(database);
  await auditParty(desk, doer, CHECKS);
  const intake: IntakeDoors = {
    ...{ database, clock, formats: new Map([[deviceAuditFormat.name, deviceAuditFormat]]) },
    leafFor: ms => db.leafFor(ms),
  };
  while (await tellResults({ database, clock, intake }));
  const [result] = await db.database.door(doer.partyId, tx => listResults(tx, { isAll: false }, 0, 1));
  await verifyResult(desk, doer, result?.resultId ?? 0, 'true-positive', 'seen');
}

test.each<Fault>(['not-written', 'answer-lost'])(
  'whichever transaction was %s',
  async fault => {
    for (let n = 1; n < 30; n += 1) {
      made += 1;
      const one = await deviceScene(db, `audited ${made}`);
      scenes.push(one);
      await one.issue('A');
      one.clock.advance(340 * DAY_MS);
      await one.tell();
      const broken = breakTransaction(db.database, n, fault);
      await whole(one, broken).catch(cause => {
        if (!(cause instanceof Broken)) throw cause;
      });
      await whole(one, db.database);
      const { rows } = await sql<object>`
        select (select count(*)::int from device_audit_result where party_id = ${one.doer.partyId}) as results,
          (select count(*)::int from device_audit_result where party_id = ${one.doer.partyId}
            and told_at is not null and verification = 'true-positive') as done,
          (select count(*)::int from observation where party_id = ${one.doer.partyId}) as observed,
          (select count(*)::int from ledger_stage where party_id = ${one.doer.partyId}
            and act = 'audit-result-verified' and entry not like '%repeated%'::bytea) as said`.execute(
        db.owner,
      );
      expect([n, rows[0]]).toEqual([n, { results: 1, done: 1, observed: 1, said: 1 }]);
      if (broken.didFail()) continue;
      expect(n).toBeGreaterThan(4);
      return;
    }
    throw new Error('never done without a fault');
  },
  240_000,
);
