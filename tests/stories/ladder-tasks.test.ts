import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { type RootKeyFile, rootKeyFile } from '../../server/src/kernel/seal/root-keys.ts';
import { HOUR_MS } from '../../server/src/kernel/time.ts';
import { limitCard } from '../../server/src/modules/cards/measures/limit-card.ts';
import { suspendCard } from '../../server/src/modules/cards/measures/suspend-card.ts';
import { terminateCard } from '../../server/src/modules/cards/measures/terminate-card.ts';
import { noticeOfCode } from '../../server/src/modules/privacy/appeals.ts';
import { reportSent, writeReport } from '../../server/src/modules/privacy/authority-reports.ts';
import { readPersonalDataRules } from '../../server/src/modules/privacy/catalogue.ts';
import { issueTaskNotices, noticeSent, noticeWithCode } from '../../server/src/modules/privacy/notices.ts';
import {
  askReVerification,
  lapseReVerifications,
  reVerificationFailed,
} from '../../server/src/modules/privacy/re-verify.ts';
import { noticesPage } from '../../server/src/modules/privacy/remedies/store.ts';
import { RULES_TEXT } from '../../server/src/modules/privacy/testing/privacy-scene.ts';
import { openVault, type Vault } from '../../server/src/modules/privacy/vault.ts';
import { actsOf } from '../../server/src/spine/cases/store.ts';
import { clocksOf } from '../../server/src/spine/clocks/store.ts';
import { runMeasureRound } from '../../server/src/spine/measures/jobs.ts';
import { workLadder } from '../../server/src/spine/measures/ladder/by-hand.ts';
import { actByPolicy } from '../../server/src/spine/measures/ladder/climb.ts';
import { readLadders } from '../../server/src/spine/measures/ladder/ladder.ts';
import { ladderStepsOf } from '../../server/src/spine/measures/ladder/store.ts';
import { closeCase, noteOnCase } from '../../server/src/spine/measures/lift.ts';
import type { MeasureWorks } from '../../server/src/spine/measures/ports.ts';
import { putPolicy } from '../../server/src/spine/measures/providers/store.ts';
import { makeScene, type Scene } from '../../server/src/spine/measures/testing/scene.ts';
import type { ModuleDoors } from '../../server/src/spine/module-route.ts';

/** Tasks of a ladder are the notices, re-verifications and reports that exist, each with a clock (C-40, C-45..C-47). */
const shelf = new URL('../../content/catalogues/measure-ladders/cards.yaml', import.meta.url);
const SHIPPED = readLadders(
  readFileSync(shelf, 'utf8').replace('[vehicle, vessel, aircraft]', "['*']"),
  'cards.yaml',
);
const editions = [readPersonalDataRules(RULES_TEXT, 'test')];
const folder = mkdtempSync(join(tmpdir(), 'tasks-'));
const RULE = 'card-in-another-device';

let db: TestDatabase;
let scene: Scene;
let works: MeasureWorks;
let rootKeys: RootKeyFile;
let vault: Vault;
let caseId: number;

beforeAll(async () => {
  db = await testDatabase();
  rootKeys = rootKeyFile(join(folder, 'vault.keys'));
});
afterAll(async () => {
  await db?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  const kinds = [limitCard, suspendCard, terminateCard];
  scene = await makeScene(db.database, { url: 'http://127.0.0.1:1', kinds, adapters: {} });
  works = { ...scene.works, ladders: [SHIPPED] };
  vault = await openVault({ database: db.database, clock: scene.clock, rootKeys });
  const opened = await scene.raise(scene.finding('first'));
  await db.database.corridor(tx => actByPolicy(tx, works, opened!.case, 'suspend-card', scene.clock.now()));
  ({ caseId } = opened!.case);
});

const hand = () => ({ partyId: scene.partyId, actor: 'person/7', atMs: scene.clock.now() });
const door = <T>(act: Parameters<typeof db.database.door<T>>[1]) => db.database.door(scene.partyId, act);
const doors = () => ({ ...works, desk: works, rootKeys }) as unknown as ModuleDoors;
const climb = () => door(tx => workLadder(tx, works, caseId, { deed: 'climb', reason: '' }, hand()));
const done = () => door(tx => workLadder(tx, works, caseId, { deed: 'done', reason: '' }, hand()));
const notices = () => door(tx => noticesPage(tx, caseId, null, 9));

async function ladder(): Promise<string[]> {
  const steps = await db.database.corridor(tx => ladderStepsOf(tx, caseId, 50));
  return steps.map(step => `${step.deed} ${step.happened} ${step.reason}`).reverse();
}

async function clock(id: string): Promise<string | undefined> {
  const clocks = await db.database.corridor(tx => clocksOf(tx, caseId));
  return clocks.find(each => each.clockId === id)?.state;
}

test('telling the holder is a notice with a code, once; when it is handed over, the task is done', async () => {
  expect(await ladder()).toEqual(['notify-holder proposed finding']);
  await expect(done()).rejects.toMatchObject({ code: 'ladder-task-is-shown' });
  await Promise.all([issueTaskNotices(doors(), editions), issueTaskNotices(doors(), editions)]);
  await issueTaskNotices(doors(), editions);
  const [notice, ...more] = await notices();
  expect(more).toEqual([]);
  expect(notice).toMatchObject({ measureId: null, task: 'notify-holder', sentAtMs: null });
  expect(notice!.reason.zh).toContain('通知用户');
  const { code } = await door(tx => noticeWithCode(tx, vault, notice!.noticeId));
  const opened = await db.database.corridor(tx => noticeOfCode(tx, vault, code));
  expect(opened.noticeId).toBe(notice!.noticeId);
  expect(await clock('card-task-notify')).toBe('running');
  await door(tx => noticeSent(tx, works, hand(), notice!.noticeId, { channel: 'letter' }));
  expect(await ladder()).toEqual(['notify-holder proposed finding', 'notify-holder done restriction-notice']);
  expect(await clock('card-task-notify')).toBe('met');
});

test('a task that nobody did in time is missed, and the case goes on to the next rung, once', async () => {
  scene.clock.advance(24 * HOUR_MS);
  await runMeasureRound(works);
  expect(await ladder()).toEqual(['notify-holder proposed finding']);
  scene.clock.advance(1);
  await Promise.all([runMeasureRound(works), runMeasureRound(works)]);
  await runMeasureRound(works);
  expect(await ladder()).toEqual(['notify-holder proposed finding', 'verify-again proposed overdue']);
  expect(await clock('card-task-notify')).toBe('missed');
  const acts = await db.database.corridor(tx => actsOf(tx, caseId, 0, 500));
  const missed = acts.filter(act => act.kind === 'clock-missed').map(act => act.detail);
  expect(missed).toContainEqual(expect.objectContaining({ clock: 'card-task-notify' }));
  expect(await clock('card-task-verify')).toBe('running');
});

test('a clock that cannot be marked holds up no other', async () => {
  scene.clock.advance(25 * HOUR_MS);
  let first = true;
  const failing: MeasureWorks = {
    ...works,
    database: {
      ...works.database,
      corridor: act =>
        works.database.corridor(async tx => {
          const result = await act(tx);
          // The first clock marked as missed is lost with its transaction.
          if (first && result === true) {
            first = false;
            throw new Error('lost');
          }
          return result;
        }),
    },
  };
  await runMeasureRound(failing);
  await runMeasureRound(works);
  expect(first).toBe(false);
  expect(await clock('card-task-notify')).toBe('missed');
  expect(await clock('card-misuse-disposal')).toBe('missed');
  expect(await ladder()).toHaveLength(2);
});

test('a rung that a person leaves ends its clock, and so does closing the case', async () => {
  await climb();
  expect(await clock('card-task-notify')).toBe('met');
  await door(tx => closeCase(tx, works, caseId, 'cleared up', hand()));
  expect(await clock('card-task-verify')).toBe('met');
});

test('passing a re-verification does the task', async () => {
  await climb();
  await door(tx => noteOnCase(tx, works, caseId, { text: 'seen', event: 're-verified' }, hand()));
  expect((await ladder()).slice(-1)).toEqual(['verify-again done re-verified']);
});

test.for([
  ['failed', 're-verification-failed'],
  ['lapsed', 're-verification-lapsed'],
] as const)('a re-verification that %s fails its rung', async ([end, reason]) => {
  await climb();
  const wanted = { reason: 'it is elsewhere', onLapse: 'limit-card' };
  const asked = await door(tx => askReVerification(tx, works, hand(), caseId, wanted));
  if (end === 'failed')
    await door(tx => reVerificationFailed(tx, works, hand(), asked.reVerificationId, 'nobody there'));
  else {
    scene.clock.advance(asked.dueAtMs - scene.clock.now() + 1);
    await lapseReVerifications(doors());
    await lapseReVerifications(doors());
  }
  expect((await ladder()).slice(-2)).toEqual([
    `verify-again failed ${reason}`,
    `function-off proposed ${reason}`,
  ]);
  expect(await clock('card-task-verify')).toBe('met');
});

test('the report to the police does its task when it is sent, and not when it is written', async () => {
  for (let i = 0; i < 4; i += 1) await climb();
  expect((await ladder()).slice(-1)).toEqual(['report-to-police proposed not-enough']);
  const told = {
    addresseeKind: 'police',
    addressee: 'City',
    about: 'suspected-fraud',
    basis: 'art. 14',
  } as const;
  const { reportId } = await door(tx =>
    writeReport(tx, editions, vault, hand(), { ...told, caseId, text: 'spam' }),
  );
  await expect(done()).rejects.toMatchObject({ code: 'ladder-task-is-shown' });
  const proof = Buffer.from('receipt').toString('base64');
  await door(tx => reportSent(tx, works, vault, hand(), reportId, { channel: 'portal', proof }));
  expect((await ladder()).slice(-1)).toEqual(['report-to-police done authority-report-sent']);
  expect(await clock('card-task-report')).toBe('met');
});

test('a task that nothing shows is done when a person says so, and meets its clock', async () => {
  await climb();
  await climb();
  await putPolicyTo('terminate-card');
  await door(tx => workLadder(tx, works, caseId, { deed: 'done', reason: 'the carrier wrote' }, hand()));
  expect((await ladder()).slice(-1)).toEqual(['function-off done the carrier wrote']);
  expect(await clock('card-task-function-off')).toBe('met');
});

test('after a late task the next measure is ordered where the policy lets it', async () => {
  await putPolicyTo('suspend-card');
  await climb();
  await climb();
  scene.clock.advance(24 * HOUR_MS + 1);
  await runMeasureRound(works);
  expect((await ladder()).slice(-1)).toEqual(['suspend-card ordered overdue']);
});

async function putPolicyTo(measure: string): Promise<void> {
  const row = { partyId: scene.partyId, ruleId: RULE, measure, mode: 'climb', setBy: 'test' } as const;
  await db.database.corridor(tx => putPolicy(tx, { ...row, setAtMs: scene.clock.now() }));
}
