import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { TWO_CARDS } from './two-cards.ts';

const NOW = Date.UTC(2026, 5, 30);
const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const RULES = ['card-in-another-device', 'sms-or-voice', 'data-cap', TWO_CARDS];
const MAPPING = { columns: { iccid: 'iccid', imei: 'imei', time: 'time', bytesUp: 'up' }, time: ['iso'] };
const FLEET = Array.from({ length: 40 }, (_, i) => `8986011${String(i).padStart(12, '0')}`);
const SEEN = [FLEET[7], FLEET[31]] as const;

let alone: StoredCorridor;
let together: StoredCorridor;

beforeAll(async () => {
  alone = await openStoredCorridor(RULES, CLASSES, NOW);
  together = await openStoredCorridor(RULES, CLASSES, NOW);
}, 60_000);
afterAll(async () => {
  await alone?.close();
  await together?.close();
});

test('a fleet registered at once, of which two cards were seen before, is found as when each card is registered alone', async () => {
  for (const each of [alone, together]) {
    await each.feed(await each.source({ mapping: MAPPING }), rows(), 'iccid,imei,time,up');
    await each.judge();
  }
  for (const card of FLEET) {
    await alone.importCards(table([card]));
    await alone.judge();
  }
  await together.importCards(table(FLEET));
  await together.judge();
  const standing = await alone.standing();
  expect(standing.length).toBeGreaterThan(1);
  expect(await together.standing()).toEqual(standing);
});

test('a card that a record comes for is rid of its mark with its first judging, however many wait before it', async () => {
  const live = await openStoredCorridor(RULES, CLASSES, NOW);
  try {
    const source = await live.source({ mapping: MAPPING });
    await live.importCards(table(FLEET));
    await live.feed(source, rows(), 'iccid,imei,time,up');
    // A step of one record takes one mark that waits.
    await live.judgeStep(1);
    const left = await live.marked();
    for (const card of SEEN) expect(left.some(reference => reference.includes(card as string))).toBe(false);
    expect(left.length).toBeGreaterThan(FLEET.length - 5);
    await live.judge();
    expect(await live.marked()).toEqual([]);
    expect(await live.standing()).toEqual(await together.standing());
  } finally {
    await live.close();
  }
});

const table = (cards: readonly string[]): string =>
  `iccid,class,imei\n${cards.map(card => `${card},industry,356938035643809`).join('\n')}\n`;

/** Both cards that were seen were in two devices. */
function rows(): string[] {
  return SEEN.flatMap(card =>
    ['35693803564380', '49015420323751'].map(
      (imei, i) => `${card},${imei}8,2026-06-2${i + 1}T10:00:00Z,1000`,
    ),
  );
}
