import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effort } from '../prove.ts';
import { type Seeded, seeded } from './seeded.ts';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { TWO_CARDS } from './two-cards.ts';

const NOW = Date.UTC(2026, 5, 30);
const START = Date.UTC(2026, 4, 1);
const HOUR = 3_600_000;
const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
/** Keyed by another field than the others. */
const TWO_IN_A_COUNTRY = {
  id: 'two-in-a-country',
  text: TWO_CARDS.text
    .replace('id: two-cards', 'id: two-in-a-country')
    .replace('observation.imei', 'observation.mcc')
    .replaceAll('imei: "35752007426533"', 'mcc: "460"'),
};
const RULES = ['one-imei-many-cards', TWO_CARDS, TWO_IN_A_COUNTRY];
const KEYED = ['one-imei-many-cards', TWO_CARDS.id, TWO_IN_A_COUNTRY.id];
const HEADER = 'iccid,imei,mcc,time,bytes_up,bytes_down';
const MAPPING = {
  columns: {
    iccid: 'iccid',
    imei: 'imei',
    mcc: 'mcc',
    time: 'time',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
  },
  time: ['iso'],
};
const CARDS = Array.from({ length: 9 }, (_, i) => `8986011${String(i).padStart(12, '0')}`);
const IMEIS = Array.from({ length: 7 }, (_, i) => `35693803564${i}8098`);

let stopped: StoredCorridor;
let undisturbed: StoredCorridor;

beforeAll(async () => {
  stopped = await openStoredCorridor(RULES, CLASSES, NOW);
  undisturbed = await openStoredCorridor(RULES, CLASSES, NOW);
}, 60_000);
afterAll(async () => {
  await stopped?.close();
  await undisturbed?.close();
});

test('keys stopped at random moments and gone on with from snapshots hold byte for byte what an undisturbed run holds', async () => {
  const random = seeded(7);
  const both = [stopped, undisturbed];
  const sources = await Promise.all(both.map(each => each.source({ mapping: MAPPING })));
  for (const each of both) await each.importCards(cardTable(CARDS, '460'));
  let clockMs = START;
  let warm = 0;
  let recalled = 0;
  for (let round = 0; round < effort(16, 300); round += 1) {
    const rows = Array.from({ length: 12 }, () => {
      clockMs += random.below(HOUR);
      const lateMs = random.oneIn(15) ? random.below(30 * HOUR) : 0;
      return rowOf(random.pick(CARDS), random.pick(IMEIS), clockMs - lateMs, random);
    });
    const isDamaged = random.oneIn(6);
    if (random.oneIn(3)) await stopped.keep();
    if (isDamaged) await stopped.damage('keys: ');
    if (random.oneIn(3)) {
      await stopped.recall();
      if (stopped.rememberedKeys() > 0) warm += 1;
      recalled += stopped.rememberedKeys();
      expectSame(round);
    }
    const moved = random.oneIn(12) ? cardTable([random.pick(CARDS)], random.pick(['460', '262'])) : null;
    for (const [i, each] of both.entries()) {
      if (moved !== null) await each.importCards(moved);
      await each.feed(sources[i] as number, rows, HEADER);
      await each.judge();
    }
    expect([round, await stopped.standing()]).toEqual([round, await undisturbed.standing()]);
    expectSame(round);
  }
  expect(warm).toBeGreaterThan(effort(1, 40));
  expect(recalled).toBeGreaterThan(IMEIS.length);
  const last = IMEIS.map((imei, i) => rowOf(CARDS[i] as string, imei, clockMs + HOUR, random));
  for (const [i, each] of both.entries()) {
    await each.feed(sources[i] as number, last, HEADER);
    await each.judge();
  }
  expect(stopped.rememberedKeys()).toBe(undisturbed.rememberedKeys());
  for (const id of KEYED) {
    expect([id, [...stopped.frozenKeys(id)]]).toEqual([id, [...undisturbed.frozenKeys(id)]]);
    expect(stopped.frozenKeys(id).size).toBeGreaterThan(1);
  }
}, 300_000);

test('a damaged piece of keys sets the whole snapshot aside, and the one before it gives every key', async () => {
  await stopped.keep();
  const before = stopped.frozenKeys(TWO_CARDS.id);
  expect(before.size).toBe(IMEIS.length);
  await stopped.keep();
  await stopped.damage('keys: ');
  await stopped.recall();
  expect(stopped.frozenKeys(TWO_CARDS.id)).toEqual(before);
});

test('changing a rule keeps the keys and the state of rules under other fields, and judges those of its own field anew', async () => {
  await stopped.keep();
  const [own, other] = [TWO_CARDS.id, TWO_IN_A_COUNTRY.id];
  const before = stopped.frozenKeys(other);
  expect(before.size).toBeGreaterThan(1);
  await stopped.arm({ id: own, text: TWO_CARDS.text.replace('severity: low', 'severity: high') });
  await stopped.recall();
  expect(stopped.frozenKeys(own).size).toBe(0);
  expect(stopped.frozenKeys(other)).toEqual(before);
  const random = seeded(9);
  const rows = IMEIS.map((imei, i) => rowOf(CARDS[i] as string, imei, NOW - HOUR, random));
  for (const each of [stopped, undisturbed]) {
    await each.feed(await each.source({ mapping: MAPPING }), rows, HEADER);
    await each.judge();
  }
  expect(stopped.frozenKeys(own).size).toBe(IMEIS.length);
  for (const id of ['one-imei-many-cards', other])
    expect([id, stopped.frozenKeys(id)]).toEqual([id, undisturbed.frozenKeys(id)]);
});

/** Of the keys that both know. */
function expectSame(round: number): void {
  for (const id of KEYED) {
    const wanted = undisturbed.frozenKeys(id);
    for (const [key, state] of stopped.frozenKeys(id))
      if (wanted.has(key)) expect([round, id, key, state]).toEqual([round, id, key, wanted.get(key)]);
  }
}

function cardTable(cards: readonly string[], region: string): string {
  return `iccid,class,regions,cap_bytes,cap_window\n${cards.map(iccid => `${iccid},other,${region},700000000,day`).join('\n')}\n`;
}

function rowOf(iccid: string, imei: string, atMs: number, random: Seeded): string {
  const mcc = random.oneIn(3) ? '262' : '460';
  return `${iccid},${imei},${mcc},${new Date(atMs).toISOString()},${random.below(1e6)},${random.below(1e6)}`;
}
