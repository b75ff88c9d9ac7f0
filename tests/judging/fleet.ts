import type { Observation } from '../../server/src/spine/observations/observation.ts';
import type { Terms } from '../../server/src/spine/rules/rule.ts';
import { addExtras, usualTermsOf } from './fleet-extras.ts';
import { type Seeded, seeded } from './seeded.ts';
import { trialWorld } from './world.ts';

/** Terms of one card from a moment on; they arrive with a batch of their own, often after records they concern. */
export interface FactChange {
  readonly key: string;
  readonly fromMs: number;
  readonly terms: Terms;
}

export interface Fleet {
  readonly records: readonly Observation[];
  readonly facts: readonly FactChange[];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 1, 20);
/** Longer than any shipped rule looks back, so that judging again really starts from a part of the past. */
const DAYS = 180;
const HOME = ['460', '00'] as const;

/**
 * Some 10,000 records of 200 cards over half a year, in bursts with long silences between: sound use, every misuse, and every innocent cause
 * the shipped rules know. Times are whole minutes, so that records of one moment are common.
 */
export function makeFleet(seed: number, cards = 200, recordsPerCard = 50): Fleet {
  const records: Observation[] = [];
  const facts: FactChange[] = [];
  for (let card = 0; card < cards; card += 1) {
    const chance = seeded(seed * 100_003 + card);
    const key = `card/${card}`;
    facts.push(...termsOf(key, card, chance));
    records.push(...useOf(key, card, recordsPerCard, chance, seeded(seed * 100_003 + card + 50_000_017)));
  }
  return { records, facts };
}

function deviceOf(card: number, n: number): string {
  return `${35_752_007 + (n % 3)}${String(card * 10 + n).padStart(6, '0')}`;
}

/** Bindings, regions, caps and swap windows; one card in four has its terms changed within the time. */
function termsOf(key: string, card: number, chance: Seeded): FactChange[] {
  const terms: Record<string, Terms[string]> = {
    ...usualTermsOf(card),
    mccs: ['460'],
    capBytes: card % 3 === 0 ? 6_000_000_000 : 400_000,
  };
  if (card % 5 === 1) terms['imeis'] = [deviceOf(card, 0), deviceOf(card, 1)];
  if (card % 5 === 2) terms['tacs'] = [deviceOf(card, 0).slice(0, 8)];
  if (card % 4 === 1) terms['plmns'] = ['45204'];
  if (card % 4 === 3)
    Object.assign(terms, { capWindow: 'day', capBytes: card % 3 === 0 ? 150_000_000 : 25_000 });
  if (card % 7 === 3) terms['capBytes'] = null;
  const changes: FactChange[] = [{ key, fromMs: START, terms }];
  if (card % 6 === 4) {
    const fromMs = START + chance.below(DAYS * 24) * HOUR;
    changes.push({ key, fromMs, terms: { ...terms, swapWindow: true } });
    changes.push({ key, fromMs: fromMs + 40 * DAY, terms });
  }
  if (card % 10 === 2) {
    const fromMs = START + chance.below(DAYS * 24) * HOUR;
    changes.push({ key, fromMs, terms: { ...terms, campaign: true, dormantDays: 30 } });
  } else if (card % 4 === 2) {
    const fromMs = START + chance.below(DAYS * 24) * HOUR;
    changes.push({ key, fromMs, terms: { ...terms, mccs: ['460', '452'], capBytes: 250_000 } });
  }
  return changes.sort((a, b) => a.fromMs - b.fromMs);
}

/** One card's records: sessions with running totals, single records, a device, a network. */
function useOf(key: string, card: number, count: number, chance: Seeded, extra: Seeded): Observation[] {
  const records: Observation[] = [];
  let device = 0;
  let abroad = 0;
  let session = 0;
  let total = card % 9 === 0 ? 4_294_000_000 : 0;
  let atMs = START + chance.below(24 * 60) * 60_000;
  for (let i = 0; i < count; i += 1) {
    const isSilence = chance.oneIn(8);
    atMs += chance.below(isSilence ? ((2 * DAYS * 8) / count) * 24 * 60 : 10 * 60) * 60_000;
    if (chance.oneIn(8)) atMs += (DAY - (atMs % DAY)) % DAY;
    if (chance.oneIn(card % 5 === 0 || card % 6 === 4 ? 5 : 25))
      device = chance.below(card % 5 === 2 ? 6 : 3);
    if (abroad > 0) abroad -= 1;
    else if (chance.oneIn(20)) abroad = 1 + chance.below(4);
    const body: Record<string, string | number | null> = { service: chance.oneIn(15) ? 'sms' : 'data' };
    if (!chance.oneIn(9)) {
      body['imei'] = deviceOf(card, device);
      body['tac'] = deviceOf(card, device).slice(0, 8);
    }
    if (!chance.oneIn(11)) Object.assign(body, networkOf(abroad, chance));
    const isSeries = card % 2 === 0 || chance.oneIn(3);
    let series: string | null = null;
    if (isSeries) {
      if (chance.oneIn(14)) [session, total] = [session + 1, 0];
      series = `session-${session}`;
      total += chance.below(card % 3 === 0 ? 200_000_000 : 40_000);
      if (chance.oneIn(40)) total = Math.floor(total / 3);
      if (total >= 2 ** 32) total -= 2 ** 32;
      if (!chance.oneIn(10)) body['bytes'] = total;
    } else if (!chance.oneIn(6)) body['bytes'] = chance.below(60_000);
    else body['bytes'] = null;
    if (card % 7 === 5) stateSides(body, extra);
    addExtras(body, card, device, atMs, extra);
    records.push({
      digest: trialWorld.digest(`${key} ${i}`),
      sourceId: 1 + (i % 2 === 0 || isSeries ? 0 : 1),
      partyId: 1,
      chunkId: 1,
      kind: chance.oneIn(60) ? 'card-event' : 'card-usage',
      claim: key,
      observedAtMs: atMs,
      timeMark: chance.oneIn(12) ? 'implausible' : 'stated',
      series,
      body,
    });
  }
  return records;
}

/** Both sides of the volume, or one of them without the total. */
function stateSides(body: Record<string, string | number | null>, chance: Seeded): void {
  const total = body['bytes'];
  if (typeof total !== 'number') return;
  const up = Math.floor(total * 0.3);
  const said = chance.below(5);
  if (said !== 0) body['bytesUp'] = up;
  if (said !== 1) body['bytesDown'] = total - up;
  if (said < 2) delete body['bytes'];
}

function networkOf(abroad: number, chance: Seeded): Record<string, string> {
  const [mcc, mnc] =
    abroad === 0
      ? HOME
      : chance.pick([
          ['452', '04'],
          ['452', '01'],
          ['901', '14'],
        ] as const);
  return { mcc, mnc, plmn: `${mcc}${mnc}` };
}
