import { expect, test } from 'vitest';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { PartitionedJudge } from '../../server/src/spine/partitions/partitioned-judge.ts';
import { ArrayJudge, type Late } from '../../server/src/spine/rules/arrays/array-judge.ts';
import type { Batch } from '../../server/src/spine/rules/arrays/columns.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import type { KeyState, Verdict } from '../../server/src/spine/rules/judge-key.ts';
import { makeFleet } from './fleet.ts';
import { termsAt } from './memory-corridor.ts';
import { operatorTexts, textAround } from './operator-rules.ts';
import { shippedIds, shippedText, soundRule, trialWorld } from './world.ts';

const WATERMARK = Date.UTC(2026, 11, 1);
const BATCH = 700;
const FIELD_RULES = ['one-imei-many-cards'];
const texts = [...shippedIds.map((id): [string, string] => [id, shippedText(id)]), ...operatorTexts()].map(
  ([id, text]) => ({ id, text }),
);

/** Terms of a fleet's cards; the later half of the facts is only known once `learn` was called. */
function registryOf(fleet: ReturnType<typeof makeFleet>) {
  const facts = Map.groupBy(fleet.facts, fact => fact.key);
  const terms = new Map<string, ReturnType<typeof termsAt>>();
  let isLearnt = false;
  const known = (subject: string) => {
    const own = (facts.get(subject) ?? []).toSorted((a, b) => a.fromMs - b.fromMs);
    return isLearnt ? own : own.slice(0, 1);
  };
  return {
    learn: () => {
      isLearnt = true;
    },
    classOf: (subject: string) => (subject.endsWith('7') ? 'seven' : 'other'),
    stretchAt: (subject: string, atMs: number) => {
      const own = known(subject);
      const since = own.filter(fact => fact.fromMs <= atMs).length;
      const name = `${subject} ${own.length} ${since}`;
      if (!terms.has(name)) terms.set(name, termsAt(own, atMs));
      return {
        terms: terms.get(name) as ReturnType<typeof termsAt>,
        untilMs: own[since]?.fromMs ?? Number.POSITIVE_INFINITY,
      };
    },
  };
}

/** In order, but for some that come three batches late. */
function batchesOf(records: readonly Observation[]): Observation[][] {
  const inOrder = records.toSorted(compareObservations);
  const batches: Observation[][] = [];
  for (const [i, record] of inOrder.entries()) {
    const at = Math.floor(i / BATCH) + (i % 101 === 0 ? 3 : 0);
    while (batches.length <= at) batches.push([]);
    batches[at]?.push(record);
  }
  return batches.map(batch => batch.sort(compareObservations));
}

interface Side {
  slotOf(subject: string): number;
  readonly texts: Parameters<Batch['add']>[2];
  openBatch(kind: string, capacity: number): Batch | null;
}

function filled(side: Side, records: readonly Observation[]): Batch {
  const own = records.filter(record => record.kind === 'card-usage');
  const batch = side.openBatch('card-usage', own.length) as Batch;
  for (const record of own) batch.add(record, side.slotOf(record.claim), side.texts);
  return batch;
}

function sorted(late: Late): unknown {
  const order = (of: ReadonlyMap<string, unknown>) => [...of].sort(([a], [b]) => (a < b ? -1 : 1));
  return [order(late.subjects), [...late.fieldKeys].map(([id, keys]) => [id, order(keys)])];
}

function oneJudge(doors: ReturnType<typeof registryOf>) {
  const found: Verdict[] = [];
  const judge = new ArrayJudge({
    ...doors,
    digest: trialWorld.digest,
    found: verdict => {
      found.push(verdict);
    },
  });
  for (const { id, text } of texts) judge.arm(soundRule(text, id));
  return { judge, found };
}

async function openPartitioned(partitions: number, doors: ReturnType<typeof registryOf>) {
  const judge = new PartitionedJudge({ partitions, world: trialWorld, doors, seed: 17, mostInFlight: 2 });
  await Promise.all(texts.map(text => judge.arm(text)));
  return judge;
}

test.each([1, 2, 3])('%i partitions find, keep and call late what one judge does', async partitions => {
  const fleet = makeFleet(5, 120, 40);
  const registry = registryOf(fleet);
  const one = oneJudge(registry);
  const many = await openPartitioned(partitions, registry);
  const subjects = [...new Set(fleet.records.map(record => record.claim))];
  const found: Verdict[] = [];
  let late = 0;
  const batches = batchesOf(fleet.records);
  for (const [n, records] of batches.entries()) {
    if (n === batches.length >> 1) {
      registry.learn();
      for (const subject of subjects) {
        one.judge.forgetTerms(subject);
        many.forgetTerms(subject);
      }
    }
    const lateInOne = one.judge.judge(filled(one.judge, records));
    const judged = await many.judge(filled(many, records));
    expect(sorted(judged.late)).toEqual(sorted(lateInOne));
    late += lateInOne.subjects.size;
    found.push(...judged.verdicts);
  }
  one.judge.tick(WATERMARK - 1000, subjects.slice(0, 20));
  found.push(...(await many.tick(WATERMARK - 1000, subjects.slice(0, 20))));
  one.judge.tick(WATERMARK);
  found.push(...(await many.tick(WATERMARK)));
  expect(late).toBeGreaterThan(20);
  expect(one.found.length).toBeGreaterThan(500);
  expect(byId(found)).toEqual(byId(one.found));
  const kept = await Promise.all(subjects.map(subject => many.freeze(subject)));
  expect(kept).toEqual(subjects.map(subject => one.judge.freeze(subject)));
  for (const id of FIELD_RULES) {
    const keys = [...one.judge.freezeFieldKeys(id)];
    expect(keys.length).toBeGreaterThan(20);
    expect(new Map(await many.freezeFieldKeys(id))).toEqual(new Map(keys));
  }
  const tallies = await many.tallies();
  for (const { id } of texts) expect([id, tallies.get(id)]).toEqual([id, one.judge.arrayOf(id)?.tally]);
  if (partitions > 1)
    expect(new Set(subjects.map(subject => many.partitionOf(subject))).size).toBe(partitions);
  await many.close();
});

test('batches handed in at once are judged in the order they were handed in', async () => {
  const fleet = makeFleet(2, 40, 40);
  const registry = registryOf(fleet);
  const one = oneJudge(registry);
  const many = await openPartitioned(2, registry);
  const batches = batchesOf(fleet.records);
  for (const records of batches) one.judge.judge(filled(one.judge, records));
  const judged = await Promise.all(batches.map(records => many.judge(filled(many, records))));
  expect(byId(judged.flatMap(each => each.verdicts))).toEqual(byId(one.found));
  await many.close();
});

test.each([1, 2])(
  'of %i, a partition that fails is named, is refused until it is emptied, and then judges anew',
  async partitions => {
    const fleet = makeFleet(3, 40, 30);
    const registry = registryOf(fleet);
    const one = oneJudge(registry);
    const many = await openPartitioned(partitions, registry);
    const inOrder = fleet.records.toSorted(compareObservations);
    const half = inOrder.length >> 1;
    await many.judge(filled(many, inOrder.slice(0, half)));
    const broken = 'card/1';
    const lost = { code: 'partition-lost', subject: `partition/${many.partitionOf(broken)}` };
    const breaking = many.replace('try-distinct', broken, {} as KeyState);
    const waiting = many.judge(filled(many, inOrder.slice(half)));
    await expect(breaking).rejects.toMatchObject(lost);
    await expect(waiting).rejects.toMatchObject(lost);
    await expect(many.freeze(broken)).rejects.toMatchObject(lost);
    await many.reset();
    const { verdicts } = await many.judge(filled(many, inOrder));
    one.judge.judge(filled(one.judge, inOrder));
    expect(byId(verdicts)).toEqual(byId(one.found));
    await many.close();
  },
);

test('one partition is emptied by itself and its state put in place from the reference, the others keep theirs', async () => {
  const fleet = makeFleet(4, 30, 30);
  const registry = registryOf(fleet);
  registry.learn();
  const many = await openPartitioned(2, registry);
  const one = oneJudge(registry);
  const inOrder = fleet.records.toSorted(compareObservations);
  await many.judge(filled(many, inOrder));
  one.judge.judge(filled(one.judge, inOrder));
  await many.reset(1);
  const subjects = [...new Set(inOrder.map(record => record.claim))];
  const kept = subjects.filter(subject => many.partitionOf(subject) === 0);
  const gone = subjects.filter(subject => many.partitionOf(subject) === 1);
  expect([kept.length > 5, gone.length > 5]).toEqual([true, true]);
  for (const subject of kept) expect(await many.freeze(subject)).toEqual(one.judge.freeze(subject));
  const state = stateOf(one.judge, 'try-count', gone[0] as string);
  expect(await many.judgedToMs('try-count', gone[0] as string)).toBeNull();
  await many.replace('try-count', gone[0] as string, state);
  expect(await many.judgedToMs('try-count', gone[0] as string)).toBe(state.judgedToMs);
  const rules = ((await many.freeze(gone[0] as string)) as { rules: Record<string, unknown> }).rules;
  expect(rules['try-count']).toEqual(
    (one.judge.freeze(gone[0] as string) as { rules: Record<string, unknown> }).rules['try-count'],
  );
  await many.close();
});

test('a rule that fails on every record costs the others nothing and shows in its tally', async () => {
  const fleet = makeFleet(6, 30, 30);
  const registry = registryOf(fleet);
  const one = oneJudge(registry);
  const many = await openPartitioned(2, registry);
  const failing = textAround('try-failing', {
    parts: 'where: 1 / (observation.atMs - observation.atMs) > 0\nrearm: record',
    fires: 'observations: [{ at: "2026-03-01T08:00:00.001Z" }]',
    silent: 'observations: [{ at: "2026-02-01T08:00:00Z" }]',
  });
  await many.arm({ id: 'try-failing', text: failing });
  const inOrder = fleet.records.toSorted(compareObservations);
  const { verdicts } = await many.judge(filled(many, inOrder));
  one.judge.judge(filled(one.judge, inOrder));
  expect(byId(verdicts)).toEqual(byId(one.found));
  const uses = inOrder.filter(record => record.kind === 'card-usage').length;
  expect((await many.tallies()).get('try-failing')?.errors).toEqual(new Map([['where', uses]]));
  await many.disarm('try-failing');
  expect((await many.tallies()).has('try-failing')).toBe(false);
  await many.close();
});

test('a text that does not read is refused by name and the rules armed before go on', async () => {
  const fleet = makeFleet(6, 10, 10);
  const many = await openPartitioned(2, registryOf(fleet));
  await expect(many.arm({ id: 'none', text: 'id: none' })).rejects.toMatchObject({
    code: 'rule-refused',
    subject: 'none',
  });
  expect(
    (await many.judge(filled(many, fleet.records.toSorted(compareObservations)))).late.subjects.size,
  ).toBe(0);
  await many.close();
});

test('closing ends the threads: what is still asked is rejected and nothing hangs', async () => {
  const fleet = makeFleet(1, 20, 20);
  const many = await openPartitioned(2, registryOf(fleet));
  const asked = Array.from({ length: 5 }, () => many.judge(filled(many, fleet.records)));
  const outcomes = Promise.allSettled(asked);
  await many.close();
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'partition-closed' } });
  await expect(many.freeze('card/1')).rejects.toMatchObject({ code: 'partition-closed' });
});

function byId(verdicts: readonly Verdict[]): Map<string, Verdict> {
  expect(new Set(verdicts.map(verdict => verdict.findingId)).size).toBe(verdicts.length);
  return new Map(verdicts.map(verdict => [verdict.findingId, verdict]));
}

/** A state as the reference gives it, from what the arrays keep of a rule without counters. */
function stateOf(judge: ArrayJudge, ruleId: string, subject: string): KeyState {
  const { rules } = judge.freeze(subject) as unknown as { rules: Record<string, KeyState> };
  const kept = rules[ruleId] as KeyState;
  return { ...kept, counters: new Map(), judgedToMs: judge.judgedToMs(ruleId, subject) } as KeyState;
}
