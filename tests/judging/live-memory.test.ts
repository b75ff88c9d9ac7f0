import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effort } from '../prove.ts';
import { type Seeded, seeded } from './seeded.ts';
import { backTestedIds, openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { TWO_CARDS } from './two-cards.ts';
import { shippedIds, shippedText, soundRule } from './world.ts';

const NOW = Date.UTC(2026, 5, 30);
const START = Date.UTC(2026, 4, 1);
const HOUR = 3_600_000;
const CARDS = 12;
const RULES = [...shippedIds, TWO_CARDS];
const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);

const IMSIS = ['460010000000001', '460010000000002'];

const HEADER = 'iccid,imsi,imei,mcc,time,bytes_up,bytes_down';
const MAPPING = {
  columns: {
    iccid: 'iccid',
    imsi: 'imsi',
    imei: 'imei',
    mcc: 'mcc',
    time: 'time',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
  },
  time: ['iso'],
};

let remembering: StoredCorridor;
let forgetful: StoredCorridor;

beforeAll(async () => {
  remembering = await openStoredCorridor(RULES, CLASSES, NOW);
  forgetful = await openStoredCorridor(RULES, CLASSES, NOW, false);
}, 60_000);
afterAll(async () => {
  await remembering?.close();
  await forgetful?.close();
});

test('judging from memory finds what judging from stored observations finds, in any order and after any loss', async () => {
  const random = seeded(41);
  const both = [remembering, forgetful];
  const sources = await Promise.all(both.map(each => each.source({ mapping: MAPPING })));
  const cards = Array.from({ length: CARDS }, (_, i) => `8986011${String(i).padStart(12, '0')}`);
  for (const each of both) await each.importCards(cardTable(cards, '460'));
  let clockMs = START;
  let recalled = 0;
  for (let round = 0; round < effort(24, 150); round += 1) {
    const rows = Array.from({ length: 20 }, () => {
      clockMs += random.below(2 * HOUR);
      const lateMs = random.oneIn(10) ? random.below(60 * HOUR) : 0;
      const [iccid, imsi] = random.oneIn(8) ? ['', random.pick(IMSIS)] : [random.pick(cards), ''];
      return rowOf(iccid, imsi, clockMs - lateMs, random);
    });
    if (random.oneIn(5)) await remembering.keep();
    if (random.oneIn(25)) await remembering.damage();
    if (random.oneIn(6)) {
      await remembering.recall();
      recalled += remembering.remembered();
    } else if (random.oneIn(20)) await remembering.forget();
    const table = random.oneIn(9) ? cardTable(cards.slice(0, 3), random.pick(['460', '262'])) : null;
    // An identifier goes from card to card, or names two at once and so nobody.
    const moved = random.oneIn(5) ? imsiTable(random.pick(cards), random.pick(IMSIS), clockMs, random) : null;
    for (const [i, each] of both.entries()) {
      if (moved !== null) await each.importCards(moved);
      if (table !== null) await each.importCards(table);
      await each.feed(sources[i] as number, rows, HEADER);
      if (each === remembering && random.oneIn(5))
        await each.judge(random.pick(['not-written', 'answer-lost']));
      else await each.judge();
    }
    expect([round, await remembering.standing()]).toEqual([round, await forgetful.standing()]);
  }
  expect(remembering.remembered()).toBeGreaterThan(CARDS / 2);
  expect(recalled).toBeGreaterThan(CARDS);
  expect(remembering.rememberedKeys()).toBe(2);
  for (const [id, text] of [
    ['two-cards', TWO_CARDS.text],
    ['one-imei-many-cards', shippedText('one-imei-many-cards')],
  ] as const) {
    const found = await backTestedIds(remembering, soundRule(text, id), NOW);
    expect([id, await remembering.standingIds(id, 0, NOW)]).toEqual([id, found]);
    expect([id, await forgetful.standingIds(id, 0, NOW)]).toEqual([id, found]);
  }
  const rules = new Set((await forgetful.standing()).map(each => each.split(' ')[0]));
  expect([...rules].sort()).toEqual([
    'card-in-another-device',
    'daily-data-cap',
    'data-burst',
    'one-imei-many-cards',
    'region-breach',
    'two-cards',
  ]);
}, 300_000);

test('what waits after a loss is judged step by step as what is stored is, while more comes and the past changes', async () => {
  const random = seeded(43);
  const both = await Promise.all([true, false].map(has => openStoredCorridor(RULES, CLASSES, NOW, has)));
  const [one, other] = both as [StoredCorridor, StoredCorridor];
  try {
    const sources = await Promise.all(
      both.map(each => Promise.all([1, 2].map(() => each.source({ mapping: MAPPING })))),
    );
    const cards = Array.from({ length: CARDS }, (_, i) => `8986012${String(i).padStart(12, '0')}`);
    for (const each of both) await each.importCards(cardTable(cards, '460'));
    let clockMs = START;
    let readBefore = 0;
    for (let round = 0; round < effort(4, 40); round += 1) {
      const rows = Array.from({ length: 90 }, () => {
        clockMs += random.below(HOUR);
        const [iccid, imsi] = random.oneIn(8) ? ['', random.pick(IMSIS)] : [random.pick(cards), ''];
        return rowOf(iccid, imsi, clockMs, random);
      });
      const shuffled = random.oneIn(2) ? random.shuffle(rows) : rows;
      for (let file = 0; file < 9; file += 1) {
        const own = shuffled.slice(file * 10, file * 10 + 10);
        const source = random.below(2);
        const moved = random.oneIn(6)
          ? imsiTable(random.pick(cards), random.pick(IMSIS), clockMs, random)
          : null;
        const table = random.oneIn(9) ? cardTable(cards.slice(0, 3), random.pick(['460', '262'])) : null;
        for (const [i, each] of both.entries()) {
          if (moved !== null) await each.importCards(moved);
          if (table !== null) await each.importCards(table);
          await each.feed((sources[i] as number[])[source] as number, own, HEADER);
        }
        if (random.oneIn(4)) await one.forget();
        if (random.oneIn(3)) await one.judgeStep(1 + random.below(20));
        readBefore = Math.max(readBefore, one.takenIn());
      }
      if (random.oneIn(2)) await one.forget();
      for (let step = random.below(8); step > 0; step -= 1) await one.judgeStep(10);
      await one.judge(random.oneIn(4) ? random.pick(['not-written', 'answer-lost']) : undefined);
      await other.judge();
      expect([round, await one.standing()]).toEqual([round, await other.standing()]);
    }
    expect(readBefore).toBeGreaterThan(0);
    for (const [id, text] of [
      ['two-cards', TWO_CARDS.text],
      ['one-imei-many-cards', shippedText('one-imei-many-cards')],
    ] as const)
      expect([id, await one.standingIds(id, 0, NOW)]).toEqual([
        id,
        await backTestedIds(one, soundRule(text, id), NOW),
      ]);
  } finally {
    for (const each of both) await each.close();
  }
}, 600_000);

function cardTable(cards: readonly string[], region: string): string {
  return `iccid,class,regions,cap_bytes,cap_window\n${cards.map(iccid => `${iccid},other,${region},700000000,day`).join('\n')}\n`;
}

function imsiTable(iccid: string, imsi: string, clockMs: number, random: Seeded): string {
  const fromMs = clockMs - random.below(96 * HOUR);
  const [from, to] = [fromMs, fromMs + random.below(96 * HOUR) + HOUR].map(ms => new Date(ms).toISOString());
  return `iccid,imsi,from,to\n${iccid},${imsi},${from},${to}\n`;
}

function rowOf(iccid: string, imsi: string, atMs: number, random: Seeded): string {
  const imei = random.oneIn(10) ? '356938035643809' : '490154203237518';
  const mcc = random.oneIn(10) ? '262' : '460';
  const volume = () => random.below(300_000_000);
  return `${iccid},${imsi},${imei},${mcc},${new Date(atMs).toISOString()},${volume()},${volume()}`;
}
