import { expect, test } from 'vitest';
import { brief } from './brief.ts';

test.each([
  ['short', 64, 'short'],
  ['abcdef', 3, 'abc'],
  ['ab𝒳d', 3, 'ab'],
  ['ab𝒳d', 4, 'ab𝒳'],
  ['ab\ud835', 3, 'ab\ud835'],
])('%j cut to %i', (text, most, wanted) => {
  expect(brief(text, most)).toBe(wanted);
});
