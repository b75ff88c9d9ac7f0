import { expect, test } from 'vitest';
import {
  armCel,
  CEL_ERROR,
  type CelScope,
  compileCel,
  isCelFault,
  planCel,
  sharedClosures,
} from './index.ts';

const SCOPE: CelScope = {
  variables: {
    observation: { bytes: 'int', imei: 'string', roaming: 'bool', country: 'string' },
    bound: { imei: 'string', countries: 'string-list', cap: 'int' },
  },
  scalars: { today: 'string' },
};
const RECORD = {
  observation: { bytes: 1_000, imei: '35', roaming: null, country: 'DE' },
  bound: { imei: '36', countries: ['DE', 'FR'], cap: 500 },
  today: 'monday',
};

function answer(source: string): unknown {
  const program = compileCel(source, SCOPE);
  return isCelFault(program) ? program : program.evaluate(RECORD);
}

test.each<[string, unknown]>([
  ['observation.bytes > 500', true],
  ['500 < observation.bytes', true],
  ['observation.bytes > bound.cap && observation.country in bound.countries', true],
  ['observation.imei != bound.imei', true],
  ['observation.roaming', CEL_ERROR],
  ['!observation.roaming', CEL_ERROR],
  ['has(observation.roaming)', false],
  ['has(observation.roaming) && observation.roaming', false],
  ['!has(observation.roaming) || observation.roaming', true],
  ['observation.roaming && false', false],
  ['observation.roaming || true', true],
  ['true && observation.roaming', CEL_ERROR],
  ['observation.roaming ? 1 : 2', CEL_ERROR],
  ['bound.countries.exists(c, c == "FR")', true],
  ['bound.countries.all(c, c.startsWith("D"))', false],
  ['bound.countries.map(c, c + "!")', ['DE!', 'FR!']],
  ['bound.countries.filter(c, c != "DE")', ['FR']],
  ['bound.countries[1]', 'FR'],
  ['bound.countries[2]', CEL_ERROR],
  ['observation.country in ["FR", "DE"]', true],
  ['observation.country in ["FR", "IT", "ES", "AT"]', false],
  ['observation.imei.matches("^3[0-9]$")', true],
  ['today == "monday"', true],
  ['9223372036854775807 + 1', CEL_ERROR],
  ['9007199254740993 + 0', 9007199254740993n],
  ['observation.bytes / 0', CEL_ERROR],
  ['-7 / 2', -3],
  ['-7 % 2', -1],
])('%s', (source, expected) => {
  expect(answer(source)).toEqual(expected);
});

test.each<[string, object]>([
  ['observation.byte > 1', { column: 13, feature: null, mend: 'it has: bytes, imei, roaming, country' }],
  ['observation.bytes > "1"', { column: 19, feature: null }],
  ['true &&\n  foo', { line: 2, column: 3, mend: 'it can name: observation, bound, today' }],
  ['{"a": 1}', { feature: 'maps' }],
  ['observation.bytes', { resultType: 'int' }],
  ['dyn(1) == 2.0', { feature: 'dyn', column: 1 }],
])('%s is answered with its place and mend', (source, expected) => {
  expect(compileCel(source, SCOPE)).toMatchObject(expected);
});

test('a rule with copies of its own shares those of its fields and judges the same', async () => {
  const plan = planCel(
    '(observation.bytes > 1 && today == "monday") || (has(bound.cap) && bound.cap > 2)',
    SCOPE,
  );
  if (isCelFault(plan)) throw new Error(plan.message);
  const asked: string[] = [];
  const program = await armCel(plan, 'usage-cap', async key => {
    asked.push(key);
    return { ...sharedClosures };
  });
  expect(asked.toSorted()).toEqual(['bound.cap', 'observation.bytes', 'today', 'usage-cap#0']);
  expect(program.evaluate(RECORD)).toBe(true);
  expect(program.test(RECORD)).toBe(true);
  expect(program.uses).toEqual([
    { variable: 'observation', field: 'bytes' },
    { variable: 'bound', field: 'cap' },
  ]);
});

test('an error is not true, and a predicate over nothing at all is an error rather than an exception', () => {
  const program = compileCel('observation.bytes > 1', SCOPE);
  if (isCelFault(program)) throw new Error(program.message);
  expect(program.evaluate({})).toBe(CEL_ERROR);
  expect(program.test({})).toBe(false);
});
