import { expect, test } from 'vitest';
import { effort } from '../../../../../tests/prove.ts';
import { compilePattern } from './pattern.ts';
import { seeded } from './testing/predicate-generator.ts';

function occurs(pattern: string, text: string): boolean | string {
  const compiled = compilePattern(pattern);
  return typeof compiled === 'function' ? compiled(text) : compiled.declined;
}

test.each<[string, string, boolean]>([
  ['', '', true],
  ['b', 'abc', true],
  ['^b', 'abc', false],
  ['c$', 'abc', true],
  ['^(a|b)*c$', 'ababc', true],
  ['a{2,3}$', 'aaaa', true],
  ['^a{2,3}$', 'aaaa', false],
  ['^a{2}$', 'aa', true],
  ['^a{2,}$', 'a', false],
  ['[^0-9]', '123', false],
  ['^[]a]$', ']', true],
  ['^[a-]$', '-', true],
  ['\\d+\\.\\d', '12.5', true],
  ['^.$', '😀', true],
  ['^.$', '\n', false],
  ['a{', 'a{', true],
  ['\\x41\\t', 'A\t', true],
  ['\\Aabc\\z', 'abc', true],
  ['(?:ab)+?c', 'ababc', true],
])('%s in %j is %s', (pattern, text, expected) => {
  expect(occurs(pattern, text)).toBe(expected);
});

test.each([
  '(',
  ')',
  '[a',
  '*a',
  'a**',
  '(?i)a',
  '(?P<n>a)',
  '\\b',
  '\\pL',
  '\\1',
  '[[:alpha:]]',
  '[z-a]',
  'a{1001}',
  'a{2,1}',
  '(a{900}){900}',
  '\\',
])('the pattern %s is declined with a reason', pattern => {
  expect(occurs(pattern, 'x')).toBeTypeOf('string');
});

test('a pattern that makes backtracking engines hang takes time in proportion to the text', () => {
  const began = performance.now();
  expect(occurs('^(a*)*(a|a)*(a?){50}b$', 'a'.repeat(20_000))).toBe(false);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('generated patterns find what the engine of JavaScript finds', () => {
  const random = seeded(0x9a77);
  const pick = (from: readonly string[]): string => from[random(from.length)]!;
  const write = (depth: number): string => {
    if (depth === 0) return pick(['a', 'b', 'c', '.', '[ab]', '[^a]', '\\d', '1', '^', '$', '\\w']);
    const inner = write(depth - 1);
    return pick([
      `(${inner})*`,
      `(${inner})+`,
      `(?:${inner})?`,
      `(${inner}){1,2}`,
      `${inner}${write(depth - 1)}`,
      `(${inner}|${write(depth - 1)})`,
    ]);
  };
  for (let round = 0; round < effort(2_000, 100_000); round++) {
    const pattern = write(random(4));
    const text = Array.from({ length: random(8) }, () => pick(['a', 'b', 'c', '1', ' ', '\n'])).join('');
    expect({ pattern, text, found: occurs(pattern, text) }).toEqual({
      pattern,
      text,
      found: new RegExp(pattern, 'u').test(text),
    });
  }
});
