import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { shippedText } from './world.ts';

const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const CARD = '8944476500008878576';
/** The rule of volumes, dividing by what the device sent: a record of 0 octets cannot be evaluated. */
const DIVIDING = {
  id: 'dividing',
  text: `
id: dividing
title: { en: more received than sent, zh: 收多发少 }
status: draft
reads: card-usage
key: subject
zone: UTC
given: has(observation.bytesUp) && has(observation.bytesDown)
where: observation.bytesDown / observation.bytesUp > 1000
rearm: record
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: Card requirements, clause: C-33 }]
examples:
  fires: [{ name: much, observations: [{ at: "2026-03-01T08:00:00Z", bytesUp: 1, bytesDown: 5000 }] }]
  silent: [{ name: little, observations: [{ at: "2026-03-01T08:00:00Z", bytesUp: 10, bytesDown: 50 }] }]
`,
};

let corridor: StoredCorridor | undefined;
afterAll(() => corridor?.close());

test('a rule that cannot be evaluated is counted, judged from memory or from what is stored, and costs the others nothing', async () => {
  expect(shippedText('card-in-another-device')).toContain('card-in-another-device');
  corridor = await openStoredCorridor([DIVIDING, 'card-in-another-device'], CLASSES, Date.UTC(2026, 10, 20));
  await corridor.importCards(`iccid,class\n${CARD},vehicle\n`);
  const source = await corridor.source();
  const feed = async (hour: number, up: number, imei: string) => {
    const at = new Date(Date.UTC(2026, 10, 1, hour)).toISOString();
    await corridor?.feed(source, [`${CARD},,,${at},${up},50000,${imei}`]);
    await corridor?.judge();
  };
  await feed(1, 0, '490154203237518');
  expect(corridor.ruleErrors.get('dividing')).toBe(1);
  await feed(2, 0, '356938035643809');
  await feed(3, 10, '356938035643809');
  expect(corridor.ruleErrors).toEqual(new Map([['dividing', 2]]));
  expect(await corridor.standing()).toEqual([
    `card-in-another-device ${CARD} 2026-11-01T02`,
    `dividing ${CARD} 2026-11-01T03`,
  ]);
});
