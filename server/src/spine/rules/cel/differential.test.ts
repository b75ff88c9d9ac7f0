import { celEnv, parse, plan } from '@bufbuild/cel';
import { Environment } from '@marcbachmann/cel-js';
import { expect, test } from 'vitest';
import { effort } from '../../../../../tests/prove.ts';
import { CEL_ERROR, compileCel, isCelFault } from './index.ts';
import {
  GENERATED_SCOPE,
  type GeneratedRecord,
  predicate,
  record,
  seeded,
} from './testing/predicate-generator.ts';

const RECORDS_EACH = 10;
const PAIRS = effort(3_000, 100_000);

type Outcome = boolean | 'error';
type Judge = (record: GeneratedRecord) => Outcome;

test(`${PAIRS} generated predicates × records are judged as @bufbuild/cel judges them`, () => {
  compareWith(bufbuild, 0x5eed1);
});

test(`${PAIRS} generated predicates × records are judged as @marcbachmann/cel-js judges them`, () => {
  // Without the smallest int: this peer does not notice that negating it overflows, nor dividing it by -1.
  compareWith(celJs, 0x5eed2, []);
});

function compareWith(peerOf: (source: string) => Judge, seed: number, moreInts?: readonly string[]): void {
  const random = seeded(seed);
  const seen = { true: 0, false: 0, error: 0 };
  const differences: string[] = [];
  for (let pair = 0; pair < PAIRS; pair += RECORDS_EACH) {
    const source = predicate(random, 1 + random(4), moreInts);
    const own = ours(source);
    const peer = peerOf(source);
    for (let i = 0; i < RECORDS_EACH; i++) {
      const one = record(random);
      const outcome = own(one);
      seen[String(outcome) as keyof typeof seen]++;
      const theirs = peer(one);
      if (outcome !== theirs)
        differences.push(`${source}\n  ${JSON.stringify(one)}: ${outcome}, peer ${theirs}`);
    }
  }
  expect(differences.slice(0, 5)).toEqual([]);
  expect(Math.min(seen.true, seen.false, seen.error)).toBeGreaterThan(PAIRS / 20);
}

function ours(source: string): Judge {
  const program = compileCel(source, GENERATED_SCOPE);
  if (isCelFault(program)) throw new Error(`${source}: ${program.message}`);
  return one => {
    const value = program.evaluate(one);
    return value === CEL_ERROR ? 'error' : (value as boolean);
  };
}

function bufbuild(source: string): Judge {
  const program = plan(celEnv(), parse(source));
  return one => {
    const value = program(bound(one) as never);
    return typeof value === 'boolean' ? value : 'error';
  };
}

function celJs(source: string): Judge {
  const program = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
  }).parse(source);
  return one => {
    try {
      return program(bound(one)) as boolean;
    } catch {
      return 'error';
    }
  };
}

/** The record with its numbers as CEL ints; both peers bind a JavaScript number as a double. */
function bound(one: GeneratedRecord): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(one).map(([name, fields]) => [
      name,
      Object.fromEntries(
        Object.entries(fields).map(([field, value]) => [
          field,
          typeof value === 'number' ? BigInt(value) : value,
        ]),
      ),
    ]),
  );
}
