/** A fleet for the benchmark of memory: records in the order of time, made as they are asked for. */
import type { ArrayJudge } from '../server/src/spine/rules/arrays/array-judge.ts';
import type { Batch } from '../server/src/spine/rules/arrays/columns.ts';
import type { Terms } from '../server/src/spine/rules/rule.ts';

export interface Fleet {
  readonly cards: number;
  readonly days: number;
  /** Records of a card in a day. */
  readonly perDay: number;
  /** Of a hundred cards, how many are told by sessions with running totals. */
  readonly sessions: number;
}

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 2, 1, -8);

const CLASSES: readonly Terms[] = Array.from({ length: 20 }, (_, n) => ({
  mccs: ['460'],
  capBytes: 400_000 + n,
  capWindow: n % 2 === 0 ? 'day' : 'month',
  burstBytes: 300_000 + n,
  smsAllowed: false,
  dormantDays: 1,
  speedKmh: 400,
  travelMinM: 100_000,
  cardsPerImei: 3,
}));

export function termsOfCard(card: number): Terms {
  return CLASSES[card % CLASSES.length] as Terms;
}

/** Fills the batch again and again with the day's records; what it yields is how many it holds. */
export function* fillDay(fleet: Fleet, day: number, batch: Batch, judge: ArrayJudge): Generator<number> {
  const perDay = fleet.cards * fleet.perDay;
  const text = new Map<string, number>();
  const id = (of: string): number => {
    const number = text.get(of) ?? judge.texts.idOf(of);
    text.set(of, number);
    return number;
  };
  batch.count = 0;
  for (let n = 0; n < perDay; n += 1) {
    const card = n % fleet.cards;
    const turn = Math.floor(n / fleet.cards);
    const misuse = card % 101 === 0 ? (card / 101) % 9 : -1;
    // A dormant card is heard on the first day and every third one.
    if (misuse === 8 && day % 3 !== 0) continue;
    add(batch, judge, id, {
      fleet,
      card,
      turn,
      day,
      misuse,
      atMs: START_MS + day * DAY_MS + (n * DAY_MS) / perDay,
    });
    if (batch.count === batch.capacity) {
      yield batch.count;
      batch.count = 0;
    }
  }
  yield batch.count;
}

interface Use {
  readonly fleet: Fleet;
  readonly card: number;
  readonly turn: number;
  readonly day: number;
  readonly misuse: number;
  readonly atMs: number;
}

function add(batch: Batch, judge: ArrayJudge, id: (of: string) => number, use: Use): void {
  const { fleet, card, turn, day, misuse, atMs } = use;
  const i = batch.count;
  batch.count += 1;
  batch.slots[i] = judge.slotOf(`subject/${card}`);
  batch.atMs[i] = Math.floor(atMs);
  batch.sources[i] = 1;
  batch.timeMarks[i] = 0;
  const isSession = card % 100 < fleet.sessions;
  batch.series[i] = isSession ? `${card}-${day}` : null;
  const isMisused = misuse >= 0 && day === fleet.days - 1;
  const device =
    misuse === 0 && isMisused ? card + 1 : misuse === 7 ? 101 * 7 + Math.floor(card / 5_000) : card;
  const up = misuse === 4 && isMisused ? 200_000 : 1_000 + (card % 777);
  const share = isSession ? turn + 1 : 1;
  const leapE6 = misuse === 3 && isMisused && turn === fleet.perDay - 1 ? -100_000_000 : 0;
  const values: Record<string, number> = {
    imei: judge.texts.idOf(`8699${String(1_000_000_000 + device)}`),
    deviceKind: id(misuse === 1 && isMisused ? 'handset' : 'module'),
    mcc: id(misuse === 2 && isMisused ? '262' : '460'),
    latE6: 31_000_000 + (card % 1_000) * 100 + leapE6 * 0.6,
    lonE6: 121_000_000 + (card % 991) * 100 + turn * 50 + leapE6,
    accuracyM: 500,
    bytesUp: up * share,
    bytesDown: up * 2 * share,
    bytes: up * 3 * share,
    service: id(misuse === 6 && isMisused ? 'sms' : 'data'),
    smsCount: misuse === 6 && isMisused ? 1 : Number.NaN,
    voiceSeconds: Number.NaN,
    durationSeconds: 3_600 * 8,
    event: id(isSession ? (turn === fleet.perDay - 1 ? 'stop' : 'interim') : 'event'),
  };
  for (const [column, name] of batch.fields.names.entries())
    (batch.columns[column] as Float64Array)[i] =
      values[name] ?? (batch.fields.types[column] === 'string' ? 0 : Number.NaN);
}
