import type { Terms } from '../../server/src/spine/rules/rule.ts';
import type { Seeded } from './seeded.ts';

type Fields = Record<string, string | number | null>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KINDS = ['handset', 'module', 'tablet', 'handset'] as const;
/** Cities far apart, in degrees × 10^6; the first is home. */
const PLACES = [
  [31_230_416, 121_473_701],
  [23_129_110, 113_264_385],
  [43_825_592, 87_616_848],
  [52_520_008, 13_404_954],
] as const;

/** Cards of one group of four share a device, three days of nine apart. */
function groupOf(card: number): number | null {
  return card % 20 < 4 ? Math.floor(card / 20) : null;
}

/** Terms of a class, as the catalogue would give them: thresholds, allowances and exemptions. */
export function usualTermsOf(card: number): Record<string, Terms[string]> {
  const group = groupOf(card);
  const terms: Record<string, Terms[string]> = {
    burstBytes: card % 3 === 0 ? 120_000_000 : 30_000,
    emergencyPeers: ['112'],
    servicePeers: ['10086'],
  };
  if (card % 9 !== 4) Object.assign(terms, { speedKmh: 1_000, travelMinM: 100_000 });
  if (card % 11 === 3) terms['mayFly'] = true;
  if (card % 2 === 0) terms['smsAllowed'] = card % 8 === 0;
  if (card % 3 === 1) terms['voiceAllowed'] = false;
  if (card % 6 === 5) terms['handsetAllowed'] = true;
  if (card % 13 === 7 || (group !== null && group % 4 === 2)) terms['testBench'] = true;
  if (card % 4 !== 3) terms['dormantDays'] = 20;
  if (card % 12 === 6) terms['seasonal'] = true;
  if (card % 20 !== 3) terms['cardsPerImei'] = 3;
  if (card % 10 === 9) terms['burstBytes'] = null;
  if (group !== null && group % 4 === 1) terms['duplicateImeis'] = [sharedDevice(group)];
  return terms;
}

function sharedDevice(group: number): string {
  return `35752007${String(900_000 + group)}`;
}

/** Adds to a record where the card was, in what kind of device, with whom it spoke and for how long. */
export function addExtras(body: Fields, card: number, device: number, atMs: number, chance: Seeded): void {
  addDevice(body, card, device, atMs, chance);
  addPlace(body, chance);
  addPeer(body, chance);
  const [event, seconds] = [
    chance.pick(['start', 'interim', 'stop', 'event', 'refused']),
    chance.below(43_200),
  ];
  if (!chance.oneIn(6)) body['event'] = event;
  if (!chance.oneIn(6)) body['durationSeconds'] = seconds;
}

function addDevice(body: Fields, card: number, device: number, atMs: number, chance: Seeded): void {
  const group = groupOf(card);
  const isKnown = !chance.oneIn(3);
  if (body['imei'] === undefined) return;
  if (group !== null && Math.floor(atMs / (3 * DAY)) % 3 > 0) {
    body['imei'] = sharedDevice(group);
    body['tac'] = sharedDevice(group).slice(0, 8);
    // Boards that bear one IMEI, each in a cell of its own.
    if (group % 4 === 3 && body['plmn'] === '46000') body['cell'] = `460-00-1-${card}`;
    return;
  }
  if (isKnown) body['deviceKind'] = KINDS[(device + card) % KINDS.length] ?? null;
}

function addPlace(body: Fields, chance: Seeded): void {
  const place = chance.oneIn(12) ? chance.pick(PLACES) : PLACES[0];
  const [north, east, isVague, isKnown] = [
    chance.below(100_000),
    chance.below(100_000),
    chance.oneIn(6),
    !chance.oneIn(4),
  ];
  if (!isKnown) return;
  body['latE6'] = place[0] + north;
  body['lonE6'] = place[1] + east;
  if (isVague) body['accuracyM'] = 150_000;
}

function addPeer(body: Fields, chance: Seeded): void {
  const peer = chance.pick(['112', '10086', '8613800138000', null]);
  if (chance.oneIn(18)) body['service'] = 'voice';
  if (peer !== null && body['service'] !== 'data') body['peer'] = peer;
}
