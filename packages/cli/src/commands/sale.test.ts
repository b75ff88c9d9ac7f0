import { expect, test } from 'vitest';
import { en } from '../words/en.ts';
import { zh } from '../words/zh.ts';
import { SHELVES } from './sale.ts';

test.each([
  ['English', en],
  ['Chinese', zh],
] as const)('every column of contracts, resellers and responsibility has a heading in %s', (_name, words) => {
  const all: Readonly<Record<string, string>> = words;
  const fields = SHELVES.flatMap(shelf => shelf.columns);
  expect(fields.filter(field => all[`heading.${field}`] === undefined)).toEqual([]);
});
