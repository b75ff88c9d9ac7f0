import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effort } from '../prove.ts';
import { type Seeded, seeded } from './seeded.ts';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { TWO_CARDS } from './two-cards.ts';
import { shippedIds } from './world.ts';

const NOW = Date.UTC(2026, 5, 30);
const START = Date.UTC(2026, 4, 1);
const HOUR = 3_600_000;
const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const RULES = [...shippedIds, TWO_CARDS];
const HEADER = 'iccid,imei,mcc,time,bytes_up,bytes_down';
const MAPPING = {
  columns: {
    ...{ iccid: 'iccid', imei: 'imei', mcc: 'mcc', time: 'time' },
    ...{ bytesUp: 'bytes_up', bytesDown: 'bytes_down' },
  },
  time: ['iso'],
};
const CARDS = Array.from({ length: 14 }, (_, i) => `8986011${String(i).padStart(12, '0')}`);

let threaded: StoredCorridor;
let alone: StoredCorridor;

beforeAll(async () => {
  threaded = await openStoredCorridor(RULES, CLASSES, NOW, true, 3);
  alone = await openStoredCorridor(RULES, CLASSES, NOW);
}, 60_000);
afterAll(async () => {
  await threaded?.close();
  await alone?.close();
});

test(
  'judging in threads finds, withdraws and remembers what one thread does, through restarts, damage and broken commits',
  async () => {
    const random = seeded(11);
    const both = [threaded, alone];
    const sources = await Promise.all(both.map(each => each.source({ mapping: MAPPING })));
    for (const each of both) await each.importCards(cardTable(CARDS, '460'));
    let clockMs = START;
    let recalled = 0;
    let spread = 0;
    for (let round = 0; round < effort(14, 200); round += 1) {
      const rows = Array.from({ length: 25 }, () => {
        clockMs += random.below(HOUR);
        const lateMs = random.oneIn(20) ? random.below(40 * HOUR) : 0;
        return rowOf(random.pick(CARDS), clockMs - lateMs, random);
      });
      if (random.oneIn(3)) await threaded.keep();
      if (random.oneIn(8)) await threaded.damage('part 1/3: ');
      if (random.oneIn(4)) {
        await threaded.recall();
        recalled += threaded.remembered();
      }
      const moved = random.oneIn(6) ? cardTable([random.pick(CARDS)], random.pick(['460', '262'])) : null;
      const fault = random.oneIn(8) ? random.pick(['not-written', 'answer-lost'] as const) : undefined;
      for (const [i, each] of both.entries()) {
        if (moved !== null) await each.importCards(moved);
        await each.feed(sources[i] as number, rows, HEADER);
        await each.judge(each === threaded ? fault : undefined);
      }
      expect([round, await threaded.standing()]).toEqual([round, await alone.standing()]);
      const wanted = await alone.frozen();
      for (const [subject, state] of await threaded.frozen())
        if (wanted.has(subject))
          expect([round, subject, state]).toEqual([round, subject, wanted.get(subject)]);
      if (threaded.judgedBy().filter(count => count > 0).length === 3) spread += 1;
    }
    expect(recalled).toBeGreaterThan(CARDS.length);
    expect(spread).toBeGreaterThan(3);
    const last = CARDS.map(iccid => rowOf(iccid, clockMs + HOUR, random));
    for (const [i, each] of both.entries()) {
      await each.feed(sources[i] as number, last, HEADER);
      await each.judge();
    }
    expect([...(await threaded.frozen())]).toEqual([...(await alone.frozen())]);
    expect((await threaded.frozen()).size).toBe(CARDS.length);
    for (const id of [...shippedIds, TWO_CARDS.id])
      expect([id, await threaded.standingIds(id, 0, NOW)]).toEqual([id, await alone.standingIds(id, 0, NOW)]);
    expect((await threaded.standing()).length).toBeGreaterThan(20);
  },
  effort(300_000, 1_800_000),
);

function cardTable(cards: readonly string[], region: string): string {
  return `iccid,class,regions,cap_bytes,cap_window\n${cards.map(iccid => `${iccid},other,${region},700000000,day`).join('\n')}\n`;
}

function rowOf(iccid: string, atMs: number, random: Seeded): string {
  const imei = random.oneIn(10) ? '356938035643809' : '490154203237518';
  const mcc = random.oneIn(10) ? '262' : '460';
  const volume = () => random.below(300_000_000);
  return `${iccid},${imei},${mcc},${new Date(atMs).toISOString()},${volume()},${volume()}`;
}
