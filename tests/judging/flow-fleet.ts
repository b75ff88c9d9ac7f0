import type { Observation } from '../../server/src/spine/observations/observation.ts';
import type { FactChange, Fleet } from './fleet.ts';
import { type Seeded, seeded } from './seeded.ts';
import { trialWorld } from './world.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 20);

/**
 * Flows of some devices over two months in bursts, with long silences between; each of the twelve rules of
 * engine.md §4 is met by some record, and each pair of rules is told apart by one.
 */
export function makeFlows(seed: number, devices = 40, flowsPerDevice = 250): Fleet {
  const records: Observation[] = [];
  const facts: FactChange[] = [];
  for (let device = 0; device < devices; device += 1) {
    const chance = seeded(seed * 70_001 + device);
    const key = `device/${device}`;
    facts.push(...termsOf(key, device, chance));
    records.push(...flowsOf(key, device, flowsPerDevice, chance));
  }
  return { records, facts };
}

function termsOf(key: string, device: number, chance: Seeded): FactChange[] {
  const terms = {
    mccs: ['460'],
    peers: ['a', 'b', 'c', 'd'],
    mostIn10m: 4,
    dayCap: 2_500_000,
    monthCap: 9_000_000,
    speedKmh: 900,
    mostPeers: 5,
    upToDown: 3,
    mean: 150_000,
    deviation: 120_000,
  };
  const fromMs = START + (1 + chance.below(59)) * DAY;
  const lawful = { ...terms, swapWindow: true, mccs: ['460', '452'], dayCap: null };
  return [
    { key, fromMs: START, terms },
    ...(device % 3 === 0
      ? [
          { key, fromMs, terms: lawful },
          { key, fromMs: fromMs + 5 * DAY, terms },
        ]
      : []),
  ];
}

function flowsOf(key: string, device: number, count: number, chance: Seeded): Observation[] {
  const records: Observation[] = [];
  let atMs = START + chance.below(DAY);
  let imei = 0;
  for (let i = 0; i < count; i += 1) {
    atMs += gap(chance);
    if (chance.oneIn(device % 4 === 0 ? 4 : 30)) imei = chance.below(3);
    records.push({
      digest: trialWorld.digest(`${key} ${i}`),
      sourceId: 1,
      partyId: 1,
      chunkId: 1,
      kind: 'use',
      claim: key,
      observedAtMs: atMs,
      timeMark: 'stated',
      series: null,
      body: bodyOf(device, imei, chance),
    });
  }
  return records;
}

/** Minutes within a burst, hours between bursts, days of silence now and then. */
function gap(chance: Seeded): number {
  if (chance.oneIn(60)) return (2 + chance.below(4)) * DAY;
  if (chance.oneIn(5)) return chance.below(20 * 60) * MINUTE;
  return chance.below(6) * MINUTE;
}

function bodyOf(device: number, imei: number, chance: Seeded): Record<string, string | number> {
  const isFar = chance.oneIn(25);
  const [up, down] = [chance.below(chance.oneIn(6) ? 600_000 : 60_000), chance.below(120_000)];
  const body: Record<string, string | number> = {};
  if (!chance.oneIn(8)) body['imei'] = `3575200700${device}${imei}`;
  if (!chance.oneIn(8)) body['mcc'] = chance.oneIn(30) ? '452' : '460';
  if (!chance.oneIn(8))
    body['peer'] = chance.oneIn(10) ? chance.pick(['e', 'f', 'g']) : chance.pick(['a', 'b', 'c', 'd']);
  if (!chance.oneIn(8)) body['bytesUp'] = up;
  if (!chance.oneIn(8)) body['bytesDown'] = down;
  if (!chance.oneIn(8))
    Object.assign(body, {
      latE6: (isFar ? 23_000_000 : 31_000_000) + chance.below(50_000),
      lonE6: (isFar ? 113_000_000 : 121_000_000) + chance.below(50_000),
    });
  return body;
}
