import { expect, test } from 'vitest';
import { DAY_MS } from '../../kernel/time.ts';
import { valueId } from './field-keys.ts';
import { LinkShelf } from './link-shelf.ts';

const DAY = Date.UTC(2026, 10, 20);
const link = (value: string, firstMs: number, lastMs = firstMs, claim = 'iccid:1') => ({
  ...{ kind: 'card-usage', field: 'imei', value, partyId: 1, claim, firstMs, lastMs },
});

test('a link is missing until it was kept, and again for days beyond those it was kept for', () => {
  const shelf = new LinkShelf();
  const first = link('35', DAY + 5_000);
  expect(shelf.missing([first])).toEqual([first]);
  shelf.keep([first]);
  const known = [link('35', DAY), link('35', DAY + DAY_MS - 1)];
  const further = [
    ...[link('35', DAY - 1), link('35', DAY, DAY + DAY_MS)],
    ...[link('36', DAY), link('35', DAY, DAY, 'iccid:2'), { ...link('35', DAY), partyId: 2 }],
  ];
  expect(shelf.missing([...known, ...further])).toEqual(further);
  shelf.keep([link('35', DAY + DAY_MS)]);
  expect(shelf.missing([link('35', DAY, DAY + DAY_MS)])).toEqual([]);
});

test('values are known by any link that tells them, and nothing is once it is cleared', () => {
  const shelf = new LinkShelf();
  shelf.keep([link('35', DAY)]);
  expect([shelf.knowsValue(valueId(link('35', DAY))), shelf.knowsValue(valueId(link('36', DAY)))]).toEqual([
    ...[true, false],
  ]);
  shelf.clear();
  expect([shelf.knowsValue(valueId(link('35', DAY))), shelf.missing([link('35', DAY)])]).toMatchObject([
    ...[false, [{ value: '35' }]],
  ]);
});

test('what is kept is bounded: beyond it the shelf begins anew', () => {
  const shelf = new LinkShelf();
  const many = (from: number) => Array.from({ length: 60_000 }, (_, i) => link(String(from + i), DAY));
  shelf.keep(many(0));
  shelf.keep(many(60_000));
  expect(shelf.missing(many(60_000))).toEqual([]);
  expect(shelf.missing(many(0))).toHaveLength(60_000);
});
