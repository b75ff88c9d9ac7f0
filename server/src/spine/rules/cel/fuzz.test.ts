import { expect, test } from 'vitest';
import { effort } from '../../../../../tests/prove.ts';
import { compileCel, isCelFault } from './index.ts';
import { GENERATED_SCOPE, predicate, record, seeded } from './testing/predicate-generator.ts';

const ROUNDS = effort(5_000, 200_000);
const PIECES = (
  '( ) [ ] { } . , ? : ! - + * / % < <= > >= == != && || in has all exists exists_one filter map size matches ' +
  "true false null 1 0x1F 1u 1.5 1e309 99999999999999999999 'a' \"b\" r'\\' ''' \"\"\" \\ ` ; = & | @ // \n \t é 😀 \ud800 \u0000 " +
  'observation bound .bytes .cap .service observation.bytes bound.countries x int( string( "(a*)*$" "[" __proto__ constructor .toString'
).split(' ');

test('text of any kind is compiled or answered with a fault that has a place, and never throws', () => {
  const random = seeded(0xf022);
  for (let round = 0; round < ROUNDS; round++) {
    const source = round % 2 === 0 ? assembled(random) : spoiled(random);
    const outcome = compileCel(source, GENERATED_SCOPE);
    if (!isCelFault(outcome)) {
      for (const one of [record(random), {}, { observation: null, bound: 7 }, hostile(round)])
        outcome.evaluate(one);
      continue;
    }
    expect(outcome.message).not.toBe('');
    expect(outcome.mend).not.toBe('');
    expect(outcome.line).toBeGreaterThanOrEqual(1);
    expect(outcome.line).toBeLessThanOrEqual(source.split('\n').length);
    expect(outcome.column).toBeGreaterThanOrEqual(1);
  }
});

test.each<[string, string]>([
  ['brackets', '('.repeat(16_000)],
  ['lists', '['.repeat(16_000)],
  ['negations', `${'!'.repeat(16_000)}true`],
  ['minuses', `${'-'.repeat(16_000)}1`],
  ['sums', `${'1+'.repeat(8_000)}1 > 0`],
  ['sums in brackets', `${'('.repeat(150)}1${`${'+1'.repeat(45)})`.repeat(150)} > 0`],
  ['selections', `observation${'.bytes'.repeat(2_700)}`],
  ['choices', `${'true?1:'.repeat(2_300)}1`],
  ['conjunctions', `${'true&&'.repeat(2_700)}true`],
  ['a long list', `1 in [${'1,'.repeat(8_000)}1]`],
  ['too long a source', ' '.repeat(100_000)],
])('deep or long text is dealt with in well under a second: %s', (_, source) => {
  const began = performance.now();
  const outcome = compileCel(source, GENERATED_SCOPE);
  if (!isCelFault(outcome)) outcome.evaluate({});
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('nested macros over long lists run out of steps and are an error', () => {
  const list = `[${'1,'.repeat(1_500)}1]`;
  const program = compileCel(`${list}.all(a, ${list}.all(b, ${list}.all(c, a == c)))`, GENERATED_SCOPE);
  if (isCelFault(program)) throw new Error(program.message);
  const began = performance.now();
  expect(program.evaluate({})).toBeTypeOf('symbol');
  expect(program.test({})).toBe(false);
  expect(performance.now() - began).toBeLessThan(1_000);
});

function assembled(random: (below: number) => number): string {
  return Array.from({ length: 1 + random(12) }, () => PIECES[random(PIECES.length)]).join(
    random(2) === 0 ? ' ' : '',
  );
}

/** A sound predicate with a few characters struck out, doubled or replaced. */
function spoiled(random: (below: number) => number): string {
  let source = predicate(random, 3);
  for (let i = 0; i <= random(3); i++) {
    const at = random(source.length);
    const insert = [
      source.slice(at, at + 1).repeat(2),
      '',
      String.fromCharCode(random(256)),
      PIECES[random(PIECES.length)]!,
    ][random(4)]!;
    source = source.slice(0, at) + insert + source.slice(at + 1);
  }
  return source;
}

/** Values that are not what the scope declares. */
function hostile(shift: number): Record<string, Record<string, never>> {
  const wrong = [1.5, Number.NaN, '1', true, {}, [1, null], 10n, Symbol('x'), () => 1];
  const fields = (names: readonly string[]) =>
    Object.fromEntries(names.map((name, i) => [name, wrong[(i + shift) % wrong.length]]));
  return {
    observation: fields(['bytes', 'seconds', 'service', 'imei', 'roaming']),
    bound: fields(['cap', 'imei', 'countries', 'test']),
  } as unknown as Record<string, Record<string, never>>;
}
