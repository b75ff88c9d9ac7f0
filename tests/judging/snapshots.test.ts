import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Canonical, canonicalJson } from '../../server/src/kernel/canonical-json.ts';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import type { Loaded } from '../../server/src/spine/rules/arrays/image.ts';
import type { Checksum, Piece } from '../../server/src/spine/rules/arrays/image-words.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { effort } from '../prove.ts';
import { disorder } from './any-order.ts';
import { ArrayCorridor } from './array-corridor.ts';
import { type FactChange, type Fleet, makeFleet } from './fleet.ts';
import { operatorRules } from './operator-rules.ts';
import { type Seeded, seeded } from './seeded.ts';
import { shippedIds, shippedRule, shippedText, soundRule } from './world.ts';

const shipped = shippedIds.map(shippedRule);
const rules = [...shipped, ...operatorRules()];
const WATERMARK = Date.UTC(2026, 11, 1);
const CARDS = 14;
const PATIENCE_MS = effort(60_000, 1_200_000);

const checksum: Checksum = bytes => createHash('sha256').update(bytes).digest('hex');

interface Batch {
  readonly records: readonly Observation[];
  readonly facts: readonly FactChange[];
}

test(
  'a run stopped anywhere and gone on with from its image ends as one that never stopped, byte for byte',
  () => {
    let warm = 0;
    for (let seed = 1; seed <= effort(20, 200); seed += 1) {
      const chance = seeded(seed);
      const batches = runOf(makeFleet(chance.below(1000), CARDS), chance);
      const stop = 1 + chance.below(batches.length - 1);
      const undisturbed = new ArrayCorridor(rules);
      for (const [i, batch] of batches.entries()) bring(undisturbed, batch, i === batches.length - 2);

      const stopped = new ArrayCorridor(rules);
      for (const [i, batch] of batches.entries()) {
        if (i === stop) warm += restart(stopped, rules, chance.below(2 ** 31)).length === 0 ? 1 : 0;
        bring(stopped, batch, i === batches.length - 2);
      }
      expect([seed, difference(stopped.frozen(), undisturbed.frozen())]).toEqual([seed, null]);
      expect([...stopped.findings].sort(byId)).toEqual([...undisturbed.findings].sort(byId));
      expect(stopped.judgedAgain).toBe(undisturbed.judgedAgain);
    }
    expect(warm).toBe(effort(20, 200));
  },
  PATIENCE_MS,
);

test('an image does not depend on the seed of hash tables, nor on what the pool has been through', () => {
  const corridor = halfRun(3);
  const image = imageOf(corridor);
  const judge = corridor.openJudge(rules, 77);
  expect(judge.load(image, checksum)).toMatchObject({ outcome: 'loaded', cold: [] });
  expect(namesAndSums([...judge.image('stop 1', checksum)])).toEqual(namesAndSums(image));
});

test('changing one rule keeps the state of every other, and says that the changed one is cold', () => {
  for (const changed of ['data-burst', 'handset-tac', 'one-imei-many-cards']) {
    const undisturbed = halfRun(5);
    const stopped = halfRun(5);
    const others = rules.map(rule => (rule.id === changed ? another(changed) : rule));
    const before = stopped.frozen();
    expect(restart(stopped, others, 9)).toEqual([changed]);
    expect(difference(without(stopped.frozen(), changed), without(before, changed))).toBe(null);
    for (const batch of secondHalf(5)) {
      bring(stopped, batch, false);
      bring(undisturbed, batch, false);
    }
    const [after, wanted] = [stopped, undisturbed].map(each => without(each.frozen(), changed));
    expect(difference(after as Canonical, wanted as Canonical)).toBe(null);
    const verdicts = (corridor: ArrayCorridor) =>
      [...corridor.findings].filter(([, { verdict }]) => verdict.ruleId !== changed).sort(byId);
    expect(verdicts(stopped)).toEqual(verdicts(undisturbed));
  }
});

test('a rule the image does not know is cold, and one that is no longer armed is left out', () => {
  const corridor = new ArrayCorridor(rules.slice(1));
  for (const batch of firstHalf(2)) bring(corridor, batch, false);
  const judge = corridor.openJudge(rules.slice(0, -1), 1);
  const loaded = judge.load(imageOf(corridor), checksum);
  expect(loaded).toMatchObject({ outcome: 'loaded', stop: 'stop 1', cold: [rules[0]?.id] });
  expect(loaded.outcome === 'loaded' && loaded.warm).toEqual(rules.slice(1, -1).map(rule => rule.id));
});

test('subjects that are not wanted any more are left out of the image', () => {
  const corridor = halfRun(4);
  const keep = (subject: string): boolean => !subject.endsWith('3');
  const judge = corridor.openJudge(rules, 1);
  expect(judge.load([...corridor.judge.image('s', checksum, keep)], checksum).outcome).toBe('loaded');
  const wanted = [...corridor.judge.subjects].filter(keep);
  expect(wanted.length).toBeLessThan(corridor.judge.subjects.size);
  expect([...judge.subjects]).toEqual(wanted);
  for (const subject of wanted) expect(judge.freeze(subject)).toEqual(corridor.judge.freeze(subject));
});

test('a flipped bit, a cut, a missing piece or one of another stop is refused by name and changes nothing', () => {
  const corridor = halfRun(6);
  const image = imageOf(corridor);
  const judge = corridor.openJudge(rules, 1);
  const chance = seeded(6);
  for (let n = 0; n < effort(300, 5000); n += 1) {
    const at = chance.below(image.length);
    const { name, bytes } = image[at] as Piece;
    const damaged = Uint8Array.from(chance.oneIn(4) ? bytes.subarray(0, chance.below(bytes.length)) : bytes);
    if (damaged.length === bytes.length) {
      const place = chance.below(damaged.length);
      damaged[place] = (damaged[place] as number) ^ (1 << chance.below(8));
    }
    expect(judge.load(image.with(at, { name, bytes: damaged }), checksum)).toMatchObject({
      outcome: 'refused',
      piece: name,
    });
  }
  for (const name of ['texts', 'subjects', 'kind/card-usage'])
    expect(
      judge.load(
        image.filter(piece => piece.name !== name),
        checksum,
      ),
    ).toEqual({ outcome: 'refused', piece: name, fault: 'missing' });
  const others = [...corridor.judge.image('stop 2', checksum)];
  expect(judge.load(image.with(1, others[1] as Piece), checksum)).toMatchObject({ fault: 'other-stop' });
  expect(judge.load([...image, image[0] as Piece], checksum)).toMatchObject({ fault: 'twice' });
  const renamed = { name: (image[2] as Piece).name, bytes: (image[3] as Piece).bytes };
  expect(judge.load(image.with(2, renamed), checksum)).toMatchObject({ fault: 'other-name' });
  expect(judge.load([], checksum)).toMatchObject({ fault: 'missing' });
  expect(judge.subjects.size).toBe(0);
  for (const { id } of rules) expect([...judge.freezeFieldKeys(id)]).toEqual([]);

  expect(judge.load(image, checksum)).toMatchObject({ outcome: 'loaded', cold: [] });
  corridor.goOnWith(judge, []);
  expect(difference(corridor.frozen(), halfRun(6).frozen())).toBe(null);
  expect(judge.load(image, checksum)).toMatchObject({ outcome: 'refused', fault: 'not-empty' });
});

test(
  'hostile words under a true checksum are refused or harmless: nothing throws, loading or judging on',
  () => {
    const image = imageOf(halfRun(8));
    const chance = seeded(8);
    const tally = { loaded: 0, refused: 0 };
    for (let n = 0; n < effort(150, 3000); n += 1) {
      const corridor = new ArrayCorridor(rules);
      const at = chance.below(image.length);
      const { name, bytes } = image[at] as Piece;
      const words = new Int32Array(Uint8Array.from(bytes).buffer);
      const place = 2 + chance.below(Math.min(words.length - 10, chance.pick([40, 400, 1e9])));
      words[place] = chance.pick([-1, 0x7fff_ffff, -0x8000_0000, 1, chance.below(2 ** 31), 1_000_000]);
      const judge = corridor.judge;
      const { outcome } = judge.load(image.with(at, { name, bytes: sealed(words) }), checksum);
      tally[outcome] += 1;
      if (outcome === 'refused') expect([judge.subjects.size, judge.sizeBytes]).toEqual(emptySize);
      else {
        for (const subject of judge.subjects) judge.freeze(subject);
        if (n % 10 === 0) for (const batch of secondHalf(8)) bring(corridor, batch, true);
      }
    }
    expect(tally.loaded).toBeGreaterThan(10);
    expect(tally.refused).toBeGreaterThan(10);
  },
  PATIENCE_MS,
);

test('an image is not made of two moments', () => {
  const corridor = halfRun(1);
  const pieces = corridor.judge.image('s', checksum);
  pieces.next();
  corridor.tick(WATERMARK);
  expect(() => pieces.next()).toThrow(RangeError);
});

const emptySize = ((): number[] => {
  const { judge } = new ArrayCorridor(rules);
  return [judge.subjects.size, judge.sizeBytes];
})();

/** In order, or in an order of the seed's own. */
function runOf(fleet: Fleet, chance: Seeded): Batch[] {
  if (chance.oneIn(3)) return disorder(fleet, chance);
  const records = [...fleet.records].sort(compareObservations);
  const size = Math.ceil(records.length / (3 + chance.below(10)));
  const batches: Batch[] = [{ records: [], facts: fleet.facts }];
  for (let i = 0; i < records.length; i += size)
    batches.push({ records: records.slice(i, i + size), facts: [] });
  return batches;
}

function bring(corridor: ArrayCorridor, batch: Batch, withTick: boolean): void {
  corridor.accept(batch);
  if (withTick) corridor.tick(WATERMARK);
}

function firstHalf(seed: number): Batch[] {
  const { records, facts } = makeFleet(seed, CARDS);
  const order = [...records].sort(compareObservations);
  return [
    { records: [], facts },
    { records: order.slice(0, order.length / 2), facts: [] },
  ];
}

function secondHalf(seed: number): Batch[] {
  const order = [...makeFleet(seed, CARDS).records].sort(compareObservations);
  return [{ records: order.slice(order.length / 2), facts: [] }];
}

function halfRun(seed: number): ArrayCorridor {
  const corridor = new ArrayCorridor(rules);
  for (const batch of firstHalf(seed)) bring(corridor, batch, false);
  return corridor;
}

function imageOf(corridor: ArrayCorridor): Piece[] {
  return [...corridor.judge.image('stop 1', checksum)];
}

/** Goes on with a fresh judge that has loaded the image of the old one; the cold rules. */
function restart(corridor: ArrayCorridor, armed: readonly Rule[], seed: number): readonly string[] {
  const judge = corridor.openJudge(armed, seed);
  const loaded: Loaded = judge.load(imageOf(corridor), checksum);
  if (loaded.outcome === 'refused') throw new Error(`${loaded.piece}: ${loaded.fault}`);
  corridor.goOnWith(judge, loaded.cold);
  return loaded.cold;
}

/** The shipped rule in another version, that finds the same. */
function another(id: string): Rule {
  return soundRule(shippedText(id).replace(/^severity: .*$/m, 'severity: critical'), id);
}

function without(
  { subjects, fieldKeys }: ReturnType<ArrayCorridor['frozen']>,
  ruleId: string,
): ReturnType<ArrayCorridor['frozen']> {
  const less = JSON.parse(JSON.stringify({ subjects, fieldKeys }));
  for (const each of Object.values<{ rules: Record<string, unknown> }>(less.subjects))
    delete each.rules[ruleId];
  delete less.fieldKeys[ruleId];
  return less;
}

/** Where the bytes of the two first differ, with what stands there; null when they are the same. */
function difference(one: Canonical, other: Canonical): readonly string[] | null {
  const [a, b] = [canonicalJson(one), canonicalJson(other)];
  if (a === b) return null;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return [a, b].map(text => text.slice(Math.max(0, at - 200), at + 100));
}

function namesAndSums(pieces: readonly Piece[]): [string, string][] {
  return pieces.map(({ name, bytes }) => [name, checksum(bytes)]);
}

function sealed(words: Int32Array<ArrayBuffer>): Uint8Array {
  const end = words.length - 8;
  const sum = checksum(new Uint8Array(words.buffer, 0, end * 4));
  for (let i = 0; i < 8; i += 1) words[end + i] = Number.parseInt(sum.slice(8 * i, 8 * i + 8), 16);
  return new Uint8Array(words.buffer);
}

function byId(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
