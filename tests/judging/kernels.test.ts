import { expect, it } from 'vitest';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { Batch, KindFields } from '../../server/src/spine/rules/arrays/columns.ts';
import { LaneProgram } from '../../server/src/spine/rules/arrays/lane-program.ts';
import { Lanes } from '../../server/src/spine/rules/arrays/lanes.ts';
import { RuleViews } from '../../server/src/spine/rules/arrays/rule-views.ts';
import { SubjectTerms } from '../../server/src/spine/rules/arrays/subject-terms.ts';
import { Texts } from '../../server/src/spine/rules/arrays/texts.ts';
import { fieldName } from '../../server/src/spine/rules/arrays/view.ts';
import {
  CEL_ERROR,
  type CelPlan,
  type CelProgram,
  isCelFault,
  planCel,
  planOf,
  sharedClosures,
} from '../../server/src/spine/rules/cel/index.ts';
import {
  GENERATED_SCOPE,
  type GeneratedRecord,
  predicate,
  type Random,
  record,
  seeded,
} from '../../server/src/spine/rules/cel/testing/predicate-generator.ts';
import type { KindSchema } from '../../server/src/spine/rules/kind-schema.ts';
import type { Rule, Terms } from '../../server/src/spine/rules/rule.ts';
import { effort } from '../prove.ts';

const { observation, bound } = GENERATED_SCOPE.variables as Record<string, KindSchema['fields']>;
const schema: KindSchema = { kind: 'generated', fields: observation as KindSchema['fields'], counters: [] };
const RECORDS = 40;
const MACRO = /\.(all|exists|exists_one|map|filter)\(/;

/** What a case came to; the outcomes it met, by name. */
interface Case {
  readonly differences: string[];
  readonly outcomes: Map<string, number>;
}

/** An expression over a batch in one go, and record by record over the records themselves. */
function compare(source: string, records: readonly GeneratedRecord[], seed: number): Case {
  const plan = planCel(source, GENERATED_SCOPE);
  if (isCelFault(plan)) return { differences: [], outcomes: new Map([['refused', 1]]) };
  const texts = new Texts(seed);
  const subjects = new Texts(seed);
  const terms = records.map(each => ({ ...each['bound'] }) as Terms);
  const stretchAt = (subject: string) => ({
    terms: terms[Number(subject)] as Terms,
    untilMs: Number.POSITIVE_INFINITY,
  });
  const held = new SubjectTerms(subjects, texts, stretchAt);
  const lanes = new Lanes(new KindFields(schema), texts);
  const renamed = (of: CelPlan): CelProgram =>
    of
      .renamed((variable, field) =>
        fieldName(variable === 'bound' ? held.numberOf(field) : lanes.fields.viewNumber(field)),
      )
      .build(() => sharedClosures);
  const views = new RuleViews(ruleOf(plan), lanes, texts, [], term => held.numberOf(term));
  const world = {
    lanes,
    bound: held.lanes,
    texts,
    state: () => {
      throw new Error('no state');
    },
  };
  const program = new LaneProgram(plan, node => renamed(planOf(node)), world, views, false);
  for (const field of Object.keys(bound as object)) held.numberOf(field);
  const batch = new Batch(lanes.fields, records.length);
  for (const [i, each] of records.entries())
    batch.add(observationOf(each, i), subjects.idOf(String(i)), texts);
  lanes.open(batch);
  held.bind(batch.slots, batch.slots, batch.atMs, batch.count);
  views.open({
    boundAt: (slot, atMs) => held.viewAt(slot, atMs),
    boundOf: i => held.viewOf(i),
    subjectOf: () => ({ id: '', class: '' }),
  });
  return results(source, plan, program, texts, records, seed);
}

/** Runs the batch in two stretches, as judging does, and each record by itself. */
function results(
  source: string,
  plan: CelPlan,
  program: LaneProgram,
  texts: Texts,
  records: readonly GeneratedRecord[],
  seed: number,
): Case {
  const alone = plan.build(() => sharedClosures);
  const differences: string[] = [];
  const outcomes = new Map<string, number>();
  const middle = seed % records.length;
  for (const [from, to] of [
    [0, middle],
    [middle, records.length],
  ] as const) {
    const lane = program.run(from, to);
    for (let i = from; i < to; i += 1) {
      const wanted = alone.evaluate(records[i] as never);
      const number = lane[i] as number;
      const isSame =
        wanted === CEL_ERROR || typeof wanted === 'bigint'
          ? !(plan.resultType === 'string' ? number > 0 : !Number.isNaN(number))
          : plan.resultType === 'string'
            ? texts.textOf(number) === wanted
            : number === Number(wanted);
      const outcome =
        wanted === CEL_ERROR ? 'error' : `${plan.resultType} ${typeof wanted === 'boolean' ? wanted : ''}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (!isSame)
        differences.push(`${source} over ${JSON.stringify(records[i])}: ${String(wanted)}, lane ${number}`);
    }
  }
  return { differences, outcomes };
}

/** What the views of a rule are made from. */
function ruleOf(plan: CelPlan): Rule {
  const uses = plan.uses.filter(({ variable }) => variable === 'observation');
  return {
    given: null,
    where: { cel: plan, plan, text: '' },
    guards: [],
    state: [],
    observationFields: uses.map(({ field }) => field),
    shown: { observation: [], bound: [], state: [] },
  } as unknown as Rule;
}

function observationOf(each: GeneratedRecord, i: number): Observation {
  return {
    digest: i.toString(16).padStart(64, '0'),
    observedAtMs: Date.UTC(2026, 2, 1) + i,
    sourceId: 1,
    timeMark: 'stated',
    series: null,
    body: each['observation'] ?? {},
  } as unknown as Observation;
}

/** Some state a value of another type than the field's: as if it were absent. */
function sometimesOdd(each: GeneratedRecord, random: Random): GeneratedRecord {
  if (random(10) > 0) return each;
  return { ...each, observation: { ...each['observation'], bytes: '7', roaming: 1, service: true } };
}

/** A predicate, an int or a text made of generated parts; every other one has no macro, so that loops do all of it. */
function expression(random: Random): string {
  const depth = 1 + random(3);
  let part = predicate(random, depth);
  for (const isPlain = random(2) === 0; isPlain && MACRO.test(part); ) part = predicate(random, depth);
  const int = ['observation.bytes', 'bound.cap * observation.seconds', '-observation.bytes', '7 - bound.cap'];
  const text = ['observation.service', 'bound.imei', '"constant"', 'observation.imei'];
  const pick = (from: readonly string[]): string => from[random(from.length)] as string;
  const kind = random(4);
  if (kind === 0) return `${part} ? ${pick(int)} : ${pick(int)} + 9007199254740000`;
  if (kind === 1) return `${part} ? ${pick(text)} : ${pick(text)}`;
  return part;
}

it('loops over lanes come to what closures come to, record for record', () => {
  const random = seeded(20_261_125);
  const outcomes = new Map<string, number>();
  const differences: string[] = [];
  let pairs = 0;
  for (let seed = 1; pairs < effort(5_000, 100_000); seed += 1) {
    const records = Array.from({ length: RECORDS }, () => sometimesOdd(record(random), random));
    const each = compare(expression(random), records, seed);
    differences.push(...each.differences);
    for (const [outcome, count] of each.outcomes) {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
      if (!outcome.startsWith('refused')) pairs += count;
    }
  }
  console.log(
    `kernels: ${pairs} pairs, ${[...outcomes].map(([name, count]) => `${name} ${count}`).join(', ')}`,
  );
  expect(differences.slice(0, 5)).toEqual([]);
  for (const outcome of ['error', 'bool true', 'bool false', 'int ', 'string '])
    expect([outcome, (outcomes.get(outcome) ?? 0) > pairs / 50]).toEqual([outcome, true]);
});

it.each([
  ['observation.bytes + bound.cap - bound.cap == observation.bytes', true],
  ['observation.bytes * 1000 > bound.cap', true],
  ['observation.bytes < 9007199254740993 && bound.cap >= -9223372036854775808', true],
  ['observation.seconds / 0 == 1 || true', true],
  ['false && observation.seconds % 0 == 1', false],
  ['observation.service in bound.countries || !has(bound.countries)', true],
  ['has(bound.test) ? bound.test : observation.roaming', true],
])('%s is %s where ints leave 53 bits and fields are absent', (source, wanted) => {
  const records: GeneratedRecord[] = [
    {
      observation: { bytes: Number.MAX_SAFE_INTEGER, seconds: 1, service: 'data', roaming: true },
      bound: { cap: Number.MAX_SAFE_INTEGER },
    },
    {
      observation: { bytes: 2 ** 52, seconds: 1, service: 'DE', roaming: false },
      bound: { cap: 2 ** 52, countries: ['FR', 'DE'], test: true },
    },
  ];
  const { differences, outcomes } = compare(source, records, 1);
  expect(differences).toEqual([]);
  expect(outcomes).toEqual(new Map([[`bool ${wanted}`, 2]]));
});
