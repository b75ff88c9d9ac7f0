import { type Chance, chance } from './chance.ts';
import { withLuhn } from './numbers.ts';

/** What is planted on a card: three kinds of misuse, and innocent look-alikes that must stay silent. */
export type Plant =
  | 'nothing'
  | 'moved-to-another-device'
  | 'left-its-region'
  | 'broke-its-cap'
  | 'swapped-in-a-declared-window'
  | 'firmware-update'
  | 'roams-where-allowed'
  | 'heavy-but-below-its-cap';

export const MISUSE: ReadonlySet<Plant> = new Set([
  'moved-to-another-device',
  'left-its-region',
  'broke-its-cap',
]);

export interface Card {
  readonly iccid: string;
  readonly imsi: string;
  readonly msisdn: string;
  /** 16 digits, software version last, as networks report it. */
  readonly imeisv: string;
  readonly contract: string;
  readonly plant: Plant;
}

export interface UsageRecord {
  readonly id: string;
  readonly iccid: string;
  readonly imeisv: string;
  readonly plmn: string;
  readonly atMs: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** What a detector should say of the fleet: which rule, of which card, from when on. */
export interface Truth {
  readonly rule: 'card-in-another-device' | 'region-breach' | 'data-cap';
  readonly iccid: string;
  readonly sinceMs: number;
}

export interface Fleet {
  readonly cards: readonly Card[];
  readonly swapWindows: ReadonlyArray<{ iccid: string; fromMs: number; toMs: number }>;
  readonly usage: readonly UsageRecord[];
  readonly truth: readonly Truth[];
}

export interface FleetPlan {
  readonly seed: number;
  readonly cards: number;
  readonly days: number;
  /** The last moment of the last day, milliseconds UTC. */
  readonly endMs: number;
}

/** Terms of the one contract the small fleet stands under. */
export const CONTRACT = { name: 'meters-2026', capBytes: 30_000_000, mcc: '460' } as const;

/** Networks of the agreed country, and one outside it. */
const HOME_NETWORKS: readonly string[] = ['46000', '46001', '46011'];
const FOREIGN_NETWORK = '45412';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const PLANTS: readonly Plant[] = [
  'moved-to-another-device',
  'left-its-region',
  'broke-its-cap',
  'swapped-in-a-declared-window',
  'firmware-update',
  'roams-where-allowed',
  'heavy-but-below-its-cap',
];

/** A small fleet of metering cards over some days, with its misuse, its look-alikes and the truth about both. */
export function makeFleet(plan: FleetPlan): Fleet {
  const luck = chance(plan.seed);
  const cards = Array.from({ length: plan.cards }, (_, i) => makeCard(luck, i, plan.seed));
  const startMs = plan.endMs - plan.days * DAY_MS;
  const turningMs = startMs + Math.floor(plan.days / 2) * DAY_MS + 6 * HOUR_MS;
  const usage = cards.flatMap(card => usageOf(luck, card, plan, startMs, turningMs));
  usage.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
  return {
    cards,
    usage,
    swapWindows: cards
      .filter(card => card.plant === 'swapped-in-a-declared-window')
      .map(card => ({ iccid: card.iccid, fromMs: turningMs - HOUR_MS, toMs: plan.endMs + DAY_MS })),
    truth: cards.filter(card => MISUSE.has(card.plant)).map(card => truthOf(card, usage)),
  };
}

function makeCard(luck: Chance, i: number, seed: number): Card {
  const serial = String(seed % 1000).padStart(3, '0') + String(i).padStart(6, '0');
  const plant = i % 12 < PLANTS.length ? (PLANTS[i % 12] as Plant) : 'nothing';
  return {
    iccid: withLuhn(`898600${String(luck.between(10, 99))}0${serial}`),
    imsi: `46000${serial.padStart(10, '7')}`,
    msisdn: `1440${serial}`,
    imeisv: `${device(luck)}01`,
    contract: CONTRACT.name,
    plant,
  };
}

/** 14 digits: a module's type allocation code (invented, 8699 range) and a serial number. */
function device(luck: Chance): string {
  return `8699${String(luck.between(1000, 1009))}${String(luck.between(0, 999_999)).padStart(6, '0')}`;
}

function usageOf(
  luck: Chance,
  card: Card,
  plan: FleetPlan,
  startMs: number,
  turningMs: number,
): UsageRecord[] {
  const other = `${device(luck)}01`;
  const records: UsageRecord[] = [];
  for (let day = 0; day < plan.days; day++) {
    for (let hour = 0; hour < 24; hour += 6) {
      const atMs = startMs + day * DAY_MS + hour * HOUR_MS + luck.between(0, HOUR_MS - 1);
      const isAfter = atMs >= turningMs;
      records.push({
        id: `${card.iccid.slice(-9)}-${day}-${hour}`,
        iccid: card.iccid,
        imeisv: deviceAt(card, other, isAfter),
        plmn: networkAt(luck, card, isAfter),
        atMs,
        ...volumeAt(luck, card, isAfter),
      });
    }
  }
  return records;
}

function deviceAt(card: Card, other: string, isAfter: boolean): string {
  if (!isAfter) return card.imeisv;
  if (card.plant === 'moved-to-another-device' || card.plant === 'swapped-in-a-declared-window') return other;
  if (card.plant === 'firmware-update') return `${card.imeisv.slice(0, 14)}02`;
  return card.imeisv;
}

function networkAt(luck: Chance, card: Card, isAfter: boolean): string {
  if (card.plant === 'left-its-region' && isAfter) return FOREIGN_NETWORK;
  if (card.plant === 'roams-where-allowed') return luck.pick(HOME_NETWORKS);
  return '46000';
}

function volumeAt(luck: Chance, card: Card, isAfter: boolean): { bytesUp: number; bytesDown: number } {
  if (card.plant === 'broke-its-cap' && isAfter)
    return { bytesUp: luck.between(4_000_000, 6_000_000), bytesDown: luck.between(4_000_000, 6_000_000) };
  if (card.plant === 'heavy-but-below-its-cap')
    return { bytesUp: luck.between(150_000, 200_000), bytesDown: luck.between(150_000, 200_000) };
  return { bytesUp: luck.between(800, 4_000), bytesDown: luck.between(200, 2_000) };
}

function truthOf(card: Card, usage: readonly UsageRecord[]): Truth {
  const own = usage.filter(record => record.iccid === card.iccid);
  if (card.plant === 'left-its-region') {
    const first = own.find(record => !record.plmn.startsWith(CONTRACT.mcc));
    return { rule: 'region-breach', iccid: card.iccid, sinceMs: first?.atMs ?? 0 };
  }
  if (card.plant === 'moved-to-another-device') {
    const first = own.find(record => record.imeisv.slice(0, 14) !== card.imeisv.slice(0, 14));
    return { rule: 'card-in-another-device', iccid: card.iccid, sinceMs: first?.atMs ?? 0 };
  }
  return { rule: 'data-cap', iccid: card.iccid, sinceMs: capBrokenAt(own) };
}

/** The moment the calendar month's volume in UTC first exceeds the cap. */
function capBrokenAt(own: readonly UsageRecord[]): number {
  const byMonth = new Map<string, number>();
  for (const record of own) {
    const month = new Date(record.atMs).toISOString().slice(0, 7);
    const total = (byMonth.get(month) ?? 0) + record.bytesUp + record.bytesDown;
    byMonth.set(month, total);
    if (total > CONTRACT.capBytes) return record.atMs;
  }
  return 0;
}
