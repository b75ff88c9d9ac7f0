import { readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../../server/src/kernel/log.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { askBackTestOf } from '../../server/src/spine/back-test/ask.ts';
import { type BackTestWorks, runNext } from '../../server/src/spine/back-test/job.ts';
import { worldOf } from '../../server/src/spine/contribution.ts';
import {
  armTested,
  type BackTest,
  backTestOf,
  cancelBackTest,
} from '../../server/src/spine/findings/back-tests/back-tests.ts';
import { claimNext } from '../../server/src/spine/findings/back-tests/store.ts';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { shippedText } from './world.ts';

const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const NOW = Date.UTC(2026, 10, 20);
const CARD = '8944476500008878576';
const SPAN = { fromMs: Date.UTC(2026, 10, 1), toMs: NOW };
const ID = 'data-burst';
const TEXT = shippedText(ID);
const TRIAL = TEXT.replace('status: shipped', 'status: trial');

let corridor: StoredCorridor;
let works: BackTestWorks;
beforeAll(async () => {
  corridor = await openStoredCorridor([ID], CLASSES, NOW);
  await corridor.importCards(`iccid,class\n${CARD},agriculture\n`);
  await corridor.feed(await corridor.source(), [`${CARD},,,2026-11-05T08:00:00Z,4000000000,2000000000`]);
  await corridor.judge();
  works = {
    database: corridor.database,
    clock: settableClock(NOW),
    log: silentLog,
    contributions: corridor.contributions(),
    runner: 'here',
  };
});
afterAll(() => corridor?.close());

const world = () => worldOf(corridor.contributions());
const ask = (text = TRIAL, more: object = {}): Promise<BackTest> => {
  const { partyId } = corridor;
  const asked = { partyId, ruleId: ID, text, ...SPAN, chosen: {}, actor: 'person/1', atMs: NOW, ...more };
  return corridor.database.door(partyId, tx => askBackTestOf(tx, asked, world()));
};
const seen = ({ backTestId }: BackTest): Promise<BackTest> =>
  corridor.database.door(corridor.partyId, tx => backTestOf(tx, ID, backTestId));
const arm = (text = TRIAL) =>
  corridor.database.door(corridor.partyId, tx =>
    armTested(tx, { ruleId: ID, text, partyId: corridor.partyId, actor: 'person/1', atMs: NOW }, world()),
  );
const staged = (act: string): Promise<object[]> =>
  corridor.database.corridor(async tx => {
    const { rows } = await sql<{ entry: Buffer }>`
      select entry from ledger_stage where act = ${act} order by stage_id`.execute(tx);
    return rows.map(row => JSON.parse(row.entry.toString('utf8')) as object);
  });

it('runs one that waits, keeps what came of it, and only then lets that very version be armed', async () => {
  await expect(arm()).rejects.toMatchObject({ code: 'rule-not-back-tested' });
  expect(await runNext(works)).toBe(false);
  const one = await ask();
  expect(one).toMatchObject({ state: 'waiting', done: 0, total: null, result: null });
  expect(await runNext(works)).toBe(true);
  const done = await seen(one);
  expect(done).toMatchObject({ state: 'finished', done: 1, total: 1, fault: null, askedBy: 'person/1' });
  expect(done.result).toMatchObject({
    records: 1,
    hits: 1,
    subjectsHit: 1,
    armed: { kept: 1, added: 0, lost: 0 },
  });
  await expect(arm(TRIAL.replace('severity: medium', 'severity: low'))).rejects.toMatchObject({
    code: 'rule-not-back-tested',
  });
  expect(await arm()).toMatchObject({ isNew: true, rule: { version: one.version } });
  expect(await arm()).toMatchObject({ isNew: false });
});

it('is no proof when it was over a part of the subjects, or over a span without records though there are some', async () => {
  await ask(TEXT, { chosen: { class: 'agriculture' } });
  await ask(TEXT, { chosen: { references: [CARD] } });
  const empty = await ask(TEXT, { fromMs: 0, toMs: 1_000 });
  while (await runNext(works));
  expect((await seen(empty)).result).toMatchObject({ records: 0, isVacuous: true });
  await expect(arm(TEXT)).rejects.toMatchObject({ code: 'rule-not-back-tested' });
  await ask(TEXT);
  await runNext(works);
  expect(await arm(TEXT)).toMatchObject({ isNew: true });
});

it('ends when it is canceled, waiting or running, and is no proof then', async () => {
  const text = TRIAL.replace('severity: medium', 'severity: high');
  const waiting = await ask(text);
  const cancel = (test: BackTest) =>
    corridor.database.door(corridor.partyId, tx => cancelBackTest(tx, ID, test.backTestId, NOW));
  expect(await cancel(waiting)).toMatchObject({ state: 'canceled' });
  expect(await runNext(works)).toBe(false);
  const running = await ask(text);
  // Asked to end in the very moment in which it begins.
  const database: BackTestWorks['database'] = {
    ...works.database,
    corridor: async work => {
      const answer = await works.database.corridor(work);
      const claimed = answer as { backTestId?: number } | undefined;
      if (claimed?.backTestId === running.backTestId) await cancel(running);
      return answer;
    },
    door: works.database.door,
  };
  await runNext({ ...works, database });
  expect(await seen(running)).toMatchObject({ state: 'canceled', isCanceled: true, result: null });
  await expect(cancel(running)).rejects.toMatchObject({
    code: 'back-test-ended',
    detail: { state: 'canceled' },
  });
  await expect(arm(text)).rejects.toMatchObject({ code: 'rule-not-back-tested' });
});

it('is broken off by a restart, when the server stops, and not by another server at work', async () => {
  const killed = await ask();
  await corridor.database.corridor(tx => claimNext(tx, 'here'));
  const elsewhere = await ask();
  await corridor.database.corridor(tx => claimNext(tx, 'elsewhere'));
  await runNext(works);
  expect(await seen(killed)).toMatchObject({ state: 'broken-off', endedAtMs: NOW, result: null });
  expect((await seen(elsewhere)).state).toBe('running');
  const stopped = await ask();
  await runNext(works, () => true);
  expect((await seen(stopped)).state).toBe('broken-off');
});

it('is refused in words: a rule with faults, a span turned round, subjects nobody knows', async () => {
  await expect(
    ask(TEXT.replace('given: has(observation.bytes)', 'given: has(observation.bites)')),
  ).rejects.toMatchObject({
    code: 'rule-refused',
    detail: { faults: expect.stringContaining('"line":') },
  });
  await expect(ask(TEXT, { fromMs: NOW, toMs: NOW })).rejects.toMatchObject({
    code: 'back-test-span-invalid',
  });
  await expect(ask(TEXT, { chosen: { class: 'no-class' } })).rejects.toMatchObject({
    code: 'back-test-class-unknown',
  });
  await expect(ask(TEXT, { chosen: { references: [CARD, 'nobody'] } })).rejects.toMatchObject({
    code: 'back-test-subject-unknown',
    detail: { count: 1, reference: 'nobody' },
  });
});

it('fails by name when the text no longer reads, and the next one goes on', async () => {
  const one = await ask();
  const contributions = corridor.contributions().map(each => ({ ...each, boundSchema: {} }));
  await runNext({ ...works, contributions });
  expect(await seen(one)).toMatchObject({ state: 'failed', fault: 'rule-refused' });
});

it('stands in the ledger with its counts once it has finished, and the arming names it', async () => {
  const tested = await staged('rule-back-tested');
  const [first] = tested;
  expect(tested).toHaveLength(5);
  expect(first).toMatchObject({
    object: `rule/${ID}`,
    actor: 'person/1',
    detail: {
      backTest: 1,
      fromMs: SPAN.fromMs,
      toMs: NOW,
      isOverAll: true,
      records: 1,
      hits: 1,
      subjectsHit: 1,
    },
  });
  const armed = (await staged('rule-armed')) as { detail: { backTest?: number } }[];
  expect(armed.map(each => each.detail.backTest)).toEqual([undefined, 1, 5]);
});
