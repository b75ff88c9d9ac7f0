import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import type { Database } from '../../server/src/kernel/database/transaction.ts';
import { rootKeyFile } from '../../server/src/kernel/seal/root-keys.ts';
import { HOUR_MS } from '../../server/src/kernel/time.ts';
import { limitCard } from '../../server/src/modules/cards/measures/limit-card.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { reportSent, writeReport } from '../../server/src/modules/privacy/authority-reports.ts';
import { readPersonalDataRules } from '../../server/src/modules/privacy/catalogue.ts';
import { issueTaskNotices, noticeSent } from '../../server/src/modules/privacy/notices.ts';
import { noticesPage } from '../../server/src/modules/privacy/remedies/store.ts';
import { RULES_TEXT } from '../../server/src/modules/privacy/testing/privacy-scene.ts';
import { openVault } from '../../server/src/modules/privacy/vault.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { actByPolicy } from '../../server/src/spine/measures/ladder/climb.ts';
import { readLadders } from '../../server/src/spine/measures/ladder/ladder.ts';
import type { Adapter, MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';
import { Broken, breakTransaction, type Fault } from '../measures/faulty-database.ts';

const TASK = 'notify-holder';
const LADDERS = readLadders(
  `{ version: '1', source: [{ title: house }], tasks: [
      { id: ${TASK}, title: { en: Notify, zh: 通知 }, doneBy: restriction-notice },
      { id: report-to-police, title: { en: Report, zh: 报告 }, doneBy: authority-report-sent }],
    ladders: [{ id: tasks, title: { en: Tasks, zh: 任务 }, rules: ['*'], classes: ['*'],
    rungs: [{ deed: ${TASK} }, { deed: limit-card }, { deed: suspend-card }, { deed: report-to-police }] }] }`,
  'tasks',
);
const editions = [readPersonalDataRules(RULES_TEXT, 'test')];
const folder = mkdtempSync(join(tmpdir(), 'ladder-faults-'));

/** A platform that refuses for good to limit a card, and then to stop it. */
const adapter: Adapter = () => ({
  submit: async order =>
    order.action === 'limit' ? { taken: false, reason: 'no' } : { taken: true, providerOrder: order.action },
  outcome: async () => ({ state: 'refused', reason: 'never' }),
  state: async () => ({ restricted: false, sinceMs: 0, refusedAttempts: 0, lastRefusedMs: null }),
});

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => {
  await db?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Prepared {
  readonly scene: Scene;
  readonly works: MeasureWorks;
  readonly caseId: number;
}

async function prepared(): Promise<Prepared> {
  const adapters = { 'simulated-provider': adapter };
  const kinds = [limitCard, suspendCard];
  const scene = await makeScene(db.database, { url: 'http://127.0.0.1:1', kinds, adapters });
  const works = { ...scene.works, ladders: [LADDERS] };
  const opened = (await scene.raise(scene.finding('first')))!.case;
  const policy = { ruleId: opened.ruleId, measure: 'suspend-card', mode: 'climb', setBy: 'test' } as const;
  await db.database.corridor(async tx => {
    await putPolicy(tx, { ...policy, partyId: scene.partyId, setAtMs: scene.clock.now() });
    await actByPolicy(tx, works, opened, 'suspend-card', scene.clock.now());
  });
  return { scene, works, caseId: opened.caseId };
}

const doorsOver = (works: MeasureWorks, database: Database) =>
  ({
    ...works,
    database,
    desk: works,
    rootKeys: rootKeyFile(join(folder, 'vault.keys')),
  }) as unknown as ModuleDoors;

/** The task is late; limit and suspension are refused for good; the last task is proposed. */
async function late({ works }: Prepared, database: Database): Promise<void> {
  for (let i = 0; i < 4; i += 1) await runMeasureRound({ ...works, database });
}

/** The task's notice is issued and put down as handed over. */
async function told({ works, caseId, scene }: Prepared, database: Database): Promise<void> {
  await issueTaskNotices(doorsOver(works, database), editions);
  const hand = { partyId: scene.partyId, actor: 'person/7', atMs: scene.clock.now() };
  await database.door(scene.partyId, async tx => {
    const [notice] = await noticesPage(tx, caseId, null, 1);
    // Handed over already: the answer to an earlier try was lost.
    if (notice?.sentAtMs === null) await noticeSent(tx, works, hand, notice.noticeId, { channel: 'letter' });
  });
}

async function count({ scene, caseId }: Prepared): Promise<unknown> {
  const { rows } = await sql`
    select
      (select array_agg(deed || ' ' || happened || ' ' || reason order by ladder_step_id) from measure_ladder where case_id = ${caseId}) as steps,
      (select array_agg(clock_id || ' ' || state order by clock_id) from case_clock where case_id = ${caseId}) as clocks,
      (select array_agg(kind || ' ' || state order by measure_id) from measure where case_id = ${caseId}) as measures,
      (select array_agg(task || ' ' || (sent_at is not null)) from remedy_notice where case_id = ${caseId}) as notices,
      (select array_agg(kind order by kind) from case_act where case_id = ${caseId}) as acts,
      (select count(*)::int from ledger_stage where party_id = ${scene.partyId}) as entries`.execute(
    db.owner,
  );
  return rows[0];
}

const WALKS = {
  'a late task and two refusals for good': { walk: late, waitMs: 24 * HOUR_MS + 1, least: 8 },
  'a notice of a task': { walk: told, waitMs: 0, least: 2 },
} as const;

test.for(
  Object.keys(WALKS).flatMap(name =>
    (['not-written', 'answer-lost'] as const).map(fault => [name, fault] as const),
  ),
)('every transaction of %s, %s, then a restart: each is done once', async ([name, fault]) => {
  const { walk, waitMs, least } = WALKS[name as keyof typeof WALKS];
  const ready = async (): Promise<Prepared> => {
    const it = await prepared();
    it.scene.clock.advance(waitMs);
    return it;
  };
  const whole = await ready();
  await walk(whole, db.database);
  const wanted = await count(whole);
  if (name.startsWith('a late'))
    expect(wanted).toMatchObject({
      steps: [
        `${TASK} proposed finding`,
        'limit-card ordered overdue',
        'limit-card failed refused',
        'suspend-card ordered refused',
        'suspend-card failed refused',
        'report-to-police proposed refused',
      ],
      measures: ['limit-card failed', 'suspend-card failed'],
    });
  else expect(wanted).toMatchObject({ notices: [`${TASK} true`] });
  let n = 1;
  for (; ; n += 1) {
    const it = await ready();
    const broken = breakTransaction(db.database, n, fault as Fault);
    await walk(it, broken).catch(cause => {
      if (!(cause instanceof Broken)) throw cause;
    });
    if (!broken.didFail()) break;
    it.scene.clock.advance(120_000);
    await walk(it, db.database);
    expect(await count(it), `transaction ${n}`).toEqual(wanted);
  }
  expect(n).toBeGreaterThan(least);
});

test.for<Fault>(['not-written', 'answer-lost'])(
  'a report sent, %s: the task of the ladder is done once with it or not at all',
  async fault => {
    const it = await prepared();
    it.scene.clock.advance(24 * HOUR_MS + 1);
    await late(it, db.database);
    const { scene, works, caseId } = it;
    const hand = { partyId: scene.partyId, actor: 'person/7', atMs: scene.clock.now() };
    const vault = await openVault(doorsOver(works, db.database));
    const report = {
      addresseeKind: 'police',
      addressee: 'City',
      about: 'suspected-fraud',
      basis: 'art. 14',
    } as const;
    const { reportId } = await db.database.door(scene.partyId, tx =>
      writeReport(tx, editions, vault, hand, { ...report, caseId, text: 'spam' }),
    );
    const proof = Buffer.from('receipt').toString('base64');
    const send = (database: Database) =>
      database.door(scene.partyId, tx =>
        reportSent(tx, works, vault, hand, reportId, { channel: 'portal', proof }),
      );
    await expect(send(breakTransaction(db.database, 1, fault))).rejects.toThrow(Broken);
    const again = send(db.database);
    if (fault === 'answer-lost') await expect(again).rejects.toMatchObject({ code: 'report-state-wrong' });
    else await again;
    const { steps } = (await count(it)) as { steps: string[] };
    expect(steps.slice(-2)).toEqual([
      'report-to-police proposed refused',
      'report-to-police done authority-report-sent',
    ]);
  },
);
