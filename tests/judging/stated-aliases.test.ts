import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';

const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const NOW = Date.UTC(2026, 10, 20);
const CARD = '8944476500008878576';
const IMSI = '901405100000001';

const opened: StoredCorridor[] = [];
afterAll(() => Promise.all(opened.map(each => each.close())));

/** A card of which one source says ICCID and IMSI, and another the IMSI alone. */
async function corridorWith(mayStateAliases: boolean, isStatedFirst: boolean): Promise<StoredCorridor> {
  const corridor = await openStoredCorridor(['data-cap'], CLASSES, NOW);
  opened.push(corridor);
  await corridor.importCards(`iccid,cap_bytes\n${CARD},1000\n`);
  const stating = [`${CARD},${IMSI},,2026-11-02T08:00:00Z,100,100`];
  const [naming, other] = [await corridor.source({ mayStateAliases }), await corridor.source()];
  // Before the link is stated a record of the IMSI alone is nobody's; one side of the volume is enough after it.
  const alone = [`,${IMSI},,2026-11-01T08:00:00Z,5000,5000`, `,${IMSI},,2026-11-03T08:00:00Z,900,`];
  if (isStatedFirst) await corridor.feed(naming, stating);
  await corridor.feed(other, alone);
  await corridor.judge();
  if (!isStatedFirst) await corridor.feed(naming, stating);
  await corridor.judge();
  return corridor;
}

it.each([true, false])(
  'records of an IMSI count for the card from when a source stated both (stated first: %s)',
  async isStatedFirst => {
    const corridor = await corridorWith(true, isStatedFirst);
    expect(await corridor.standing()).toEqual([`data-cap ${CARD} 2026-11-03T08`]);
  },
);

it('a source that may not state aliases names nobody', async () => {
  const corridor = await corridorWith(false, true);
  expect(await corridor.standing()).toEqual([]);
});
