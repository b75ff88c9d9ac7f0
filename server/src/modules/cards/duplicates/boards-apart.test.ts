import { expect, test } from 'vitest';
import { boardsApart, type Seen } from './boards-apart.ts';

/** CR-10: several boards that bear one IMEI, and all that only looks so. */
const T0 = Date.UTC(2026, 10, 20);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const seen = (subjectId: number, hour: number, more: object = {}, className = 'metering'): Seen => ({
  ...{ subjectId, class: className, observedAtMs: T0 + hour * HOUR_MS },
  body: {
    event: 'stop',
    durationSeconds: 7_200,
    cell: `${subjectId}-1`,
    plmn: '46000',
    service: 'data',
    ...more,
  },
});
const boards = (...ids: readonly number[]) => ids.map((id, i) => seen(id, 8 + i / 10));

test('three cards of one class and network at once in cells of their own are three boards with one IMEI', () => {
  expect(boardsApart([...boards(1, 2, 3), seen(1, 30, { cell: '1-2' })])).toEqual({
    subjectIds: [1, 2, 3],
    places: 3,
    firstMs: T0 + 8 * HOUR_MS,
    foundMs: T0 + 8.2 * HOUR_MS,
    lastMs: T0 + 8.2 * HOUR_MS,
    againstMs: null,
  });
});

test('a further board is one of them, told at its beginning too', () => {
  const begun = [1, 2, 3, 4].map((id, i) => seen(id, 8 + i / 10, { event: 'event' }));
  expect(boardsApart(begun)).toMatchObject({ subjectIds: [1, 2, 3, 4], places: 4 });
});

test.each<[string, Seen[]]>([
  ['two cards in one device', boards(1, 2)],
  ['a device whose card is replaced twice', [seen(1, 8), seen(2, 20), seen(3, 32)]],
  ['a device with many cards, which are in one cell', [1, 2, 3].map(id => seen(id, 8, { cell: '1-1' }))],
  [
    'a device at a border of cells, with two cards in one of them',
    [...boards(1, 2), seen(3, 8.2, { cell: '2-1' })],
  ],
  ['cards of two carriers in one device', [...boards(1, 2), seen(3, 8.2, { plmn: '46001' })]],
  ['cards whose network is not told', [1, 2, 3].map(id => seen(id, 8, { plmn: undefined }))],
  ['cards whose cells are not told', [1, 2, 3].map(id => seen(id, 8, { cell: undefined }))],
  ['cards of two classes', [...boards(1, 2), seen(3, 8.2, {}, 'tracking')]],
  ['cards that call', [1, 2, 3].map(id => seen(id, 8, { service: 'voice' }))],
  ['sessions that tell no length', [1, 2, 3].map(id => seen(id, 8, { durationSeconds: undefined }))],
  [
    "a tester's modem that is carried from place to place with a card each",
    [1, 2, 3].map(id => seen(id, 8 + 3 * id)),
  ],
])('%s: nothing is said of its maker', (_name, records) => {
  expect(boardsApart(records)).toBeNull();
});

test.each<[string, Seen]>([
  ['two cards in one cell', seen(1, 12, { cell: '2-1', durationSeconds: 60 })],
  ['a call', seen(1, 12, { service: 'voice' })],
  ['a message', seen(1, 12, { service: 'sms' })],
])('%s afterwards speaks against it, from that record on', (_name, against) => {
  const records = [...boards(1, 2, 3), against, seen(2, 40, { durationSeconds: 60 })];
  expect(boardsApart(records)).toMatchObject({ foundMs: T0 + 8.2 * HOUR_MS, againstMs: T0 + 12 * HOUR_MS });
});

test('a thirteenth card speaks against it: no batch has so many boards of one IMEI', () => {
  const many = Array.from({ length: 13 }, (_, i) => seen(i, 8 + i / 100));
  expect(boardsApart(many.slice(0, 12))).toMatchObject({ places: 12, againstMs: null });
  expect(boardsApart(many)?.againstMs).toBe(many[12]?.observedAtMs);
});

test('what was seen more than thirty days before counts neither for nor against it', () => {
  const old = (id: number, cell: string): Seen => ({
    ...seen(id, 8, { cell }),
    observedAtMs: T0 - 31 * DAY_MS,
  });
  expect(boardsApart([old(3, '3-1'), ...boards(1, 2)])).toBeNull();
  expect(boardsApart([old(1, '2-1'), ...boards(1, 2, 3)])).not.toBeNull();
  expect(boardsApart([{ ...old(1, '2-1'), observedAtMs: T0 - 28 * DAY_MS }, ...boards(1, 2, 3)])).toBeNull();
});
