/** Every write on the way from an operator's event to a record and a finding, broken both ways, then done again (C-53). */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { rfc3339 } from '../../server/src/kernel/time.ts';
import { receive } from '../../server/src/modules/cards/camara/watches/callback.ts';
import { runWatchTurn } from '../../server/src/modules/cards/camara/watches/round.ts';
import { tokenOf } from '../../server/src/modules/cards/camara/watches/sink.ts';
import { unwatch, watch } from '../../server/src/modules/cards/camara/watches/watches.ts';
import { breakWrite } from '../faults/broken-writes.ts';
import { Broken, type Fault } from '../measures/faulty-database.ts';
import { type CallbackScene, makeCallbackScene } from './callback-scene.ts';

const FAULTS: readonly Fault[] = ['not-written', 'answer-lost'];
let scene: CallbackScene;

beforeAll(async () => {
  scene = await makeCallbackScene();
});
afterAll(() => scene?.close());

const who = () => ({ partyId: scene.otherId, label: 'key/k' });
async function make(database: Database, iccid: string) {
  const doors = { database, clock: scene.doors.clock, outside: scene.doors.desk.outside! };
  const asked = { providerId: scene.providerId, iccid, what: 'imei-change' as const };
  return await watch(doors, who(), { ...asked, untilMs: null, maxEvents: null });
}
const acts = async (watchId: string, act: string) =>
  (await scene.count(`ledger_stage where object = 'camara-watch/${watchId}' and act = '${act}'`)) +
  (await scene.count(`ledger_entry where object = 'camara-watch/${watchId}' and act = '${act}'`));
const theirs = (phone: string) =>
  scene.count(`camara_subscription where device->>'phoneNumber' = '${phone}' and ended_at is null`);

test.for(FAULTS)('to watch is written with its entry or not at all: %s', async fault => {
  const { iccid } = await scene.makePair();
  await expect(make(breakWrite(scene.api.db.database, 1, fault), iccid)).rejects.toBeInstanceOf(Broken);
  const { rows } = await sql<{ id: string }>`
    select watch_id as id from camara_watch w join subject s using (subject_id) where s.reference = ${iccid}`.execute(
    scene.api.db.owner,
  );
  expect(rows).toHaveLength(fault === 'answer-lost' ? 1 : 0);
  for (const { id } of rows) expect(await acts(id, 'camara-watched')).toBe(1);
});

test.for(FAULTS)(
  'an operator is asked once, and once to end, though a round breaks at any write: %s',
  async fault => {
    for (let n = 1; ; n += 1) {
      const { iccid, phone } = await scene.makePair();
      const { watchId } = await make(scene.api.db.database, iccid);
      const broken = breakWrite(scene.api.db.database, n, fault);
      const turn = async (database: Database) => {
        await runWatchTurn({ ...scene.doors, database }).catch(cause => expect(cause).toBeInstanceOf(Broken));
        scene.api.clock.set(scene.api.clock.now() + 61_000);
      };
      await turn(broken);
      await turn(scene.api.db.database);
      expect(await theirs(phone), `write ${n}`).toBe(1);
      expect(await scene.row(watchId), `write ${n}`).toMatchObject({ their_id: expect.any(String) });
      expect(await acts(watchId, 'camara-watch-begun'), `write ${n}`).toBe(1);
      await unwatch(scene.doors, who(), watchId);
      await turn(breakWrite(scene.api.db.database, n, fault));
      await turn(scene.api.db.database);
      expect(await theirs(phone), `write ${n}`).toBe(0);
      if (broken.didFail()) continue;
      expect(n).toBeGreaterThanOrEqual(3);
      break;
    }
  },
);

test.for(FAULTS)(
  'an event is one record and one finding, though its taking breaks at any write: %s',
  async fault => {
    for (let n = 1; ; n += 1) {
      const { iccid, phone } = await scene.makePair();
      const { watchId } = await make(scene.api.db.database, iccid);
      const broken = breakWrite(scene.api.db.database, n, fault);
      const take = (database: Database) =>
        receive(
          {
            ...{ database, clock: scene.doors.clock, log: scene.doors.log, desk: scene.doors.desk },
            intake: { ...scene.intake, database },
            header: () => `Bearer ${tokenOf(scene.doors.desk.outside!, watchId)}`,
            announce: () => {},
          },
          watchId,
          {
            ...{ id: `e-${fault}-${n}`, source: 'https://operator.example', specversion: '1.0' },
            type: 'org.camaraproject.iot-sim-fraud-prevention.v0.imei-change',
            time: rfc3339(scene.api.clock.now() - 1_000),
            data: { subscriptionId: '7', imei: '35-209900-176148-1', device: { phoneNumber: phone } },
          },
        );
      await take(broken).catch(cause => expect(cause, `write ${n}`).toBeInstanceOf(Broken));
      await take(scene.api.db.database);
      expect(
        [
          await scene.count(`observation where claim = 'msisdn:${phone.slice(1)}'`),
          await scene.count(
            `dated_fact f join subject s using (subject_id) where s.reference = '${iccid}' and f.kind like 'provider-finding/%'`,
          ),
          (await scene.row(watchId))['told'],
          await acts(watchId, 'camara-event'),
        ],
        `write ${n}`,
      ).toEqual([1, 1, 1, 1]);
      if (broken.didFail()) continue;
      expect(n).toBeGreaterThanOrEqual(3);
      break;
    }
  },
);
