import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';

const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const NOW = Date.UTC(2026, 10, 20);
const A = '8944476500008878576';
const B = '8945428420001050004';

const opened: StoredCorridor[] = [];
afterAll(() => Promise.all(opened.map(each => each.close())));

const table = (classOfA: string, from: string): string =>
  `iccid,class,from\n${A},${classOfA},${from}\n${B},vehicle,\n`;
const rows = [A, B].flatMap(iccid => [
  `${iccid},,,2026-11-01T08:00:00Z,200000000,100000000`,
  `${iccid},,,2026-11-05T08:00:00Z,4000000000,2000000000`,
  `${iccid},,,2026-11-09T08:00:00Z,200000000,100000000`,
]);

/** The catalogue with another threshold for agriculture. */
const withBurst = (bytes: number): string => {
  const changed = CLASSES.replace(/(id: agriculture[\s\S]*?burstBytes: )\d+/, `$1${bytes}`);
  expect(changed).not.toBe(CLASSES);
  return changed;
};

async function judged(classes: string, cards: string): Promise<StoredCorridor> {
  const corridor = await openStoredCorridor(['data-burst'], classes, NOW);
  opened.push(corridor);
  await corridor.importCards(cards);
  await corridor.feed(await corridor.source(), rows);
  await corridor.judge();
  return corridor;
}

it('a restart with a changed catalogue of classes judges again what it touches, as if it had been so always', async () => {
  const corridor = await judged(CLASSES, table('agriculture', ''));
  const before = await corridor.standing();
  expect(before).toEqual([
    `data-burst ${A} 2026-11-01T08`,
    `data-burst ${A} 2026-11-05T08`,
    `data-burst ${A} 2026-11-09T08`,
    `data-burst ${B} 2026-11-05T08`,
  ]);
  await corridor.start(CLASSES);
  await corridor.judge();
  expect(await corridor.standing()).toEqual(before);

  await corridor.start(withBurst(1_000_000_000));
  await corridor.judge();
  const fresh = await judged(withBurst(1_000_000_000), table('agriculture', ''));
  expect(await corridor.standing()).toEqual(await fresh.standing());
  expect(await corridor.standing()).toEqual([
    `data-burst ${A} 2026-11-05T08`,
    `data-burst ${B} 2026-11-05T08`,
  ]);

  await corridor.start(CLASSES);
  await corridor.judge();
  expect(await corridor.standing()).toEqual(before);
});

it('a card that is put into another class, from a moment on, is judged again from there', async () => {
  const corridor = await judged(CLASSES, table('agriculture', ''));
  await corridor.importCards(table('vehicle', '2026-11-04T00:00:00Z'));
  await corridor.judge();
  expect(await corridor.standing()).toEqual([
    `data-burst ${A} 2026-11-01T08`,
    `data-burst ${A} 2026-11-05T08`,
    `data-burst ${B} 2026-11-05T08`,
  ]);
});
