import { expect, test } from 'vitest';
import * as original from './ids.ts';
import { moduleCopies } from './module-copy.ts';

const URL_OF_IDS = new URL('./ids.ts', import.meta.url).href;

test('a key has one copy, other keys have others, and past the bound the original is handed out', async () => {
  const copies = moduleCopies(URL_OF_IDS, original, 2);
  const [first, again, second, third] = [
    await copies.take('a'),
    await copies.take('a'),
    await copies.take('b'),
    await copies.take('c'),
  ];
  expect(again).toBe(first);
  expect(second).not.toBe(first);
  expect(first).not.toBe(original);
  expect(third).toBe(original);
  expect(copies.made).toBe(2);
  expect(Object.keys(first)).toEqual(Object.keys(original));
});
