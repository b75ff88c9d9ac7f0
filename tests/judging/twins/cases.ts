import type { Observation } from '../../../server/src/spine/observations/observation.ts';
import { compareObservations } from '../../../server/src/spine/rules/counters.ts';
import { type Seeded, seeded } from '../seeded.ts';
import type { TwinState } from './twins.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Zones with a moment at which their clock changes, the odd ones among them; the zones without one last. */
const changes: readonly (readonly [string, string])[] = [
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2025-10-26T01:00:00Z'],
  // Half an hour.
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2025-10-04T15:30:00Z'],
  // Midnight is skipped, or comes twice.
  ['America/Havana', '2026-03-08T05:00:00Z'],
  ['America/Havana', '2025-11-02T05:00:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['America/Sao_Paulo', '2019-02-17T02:00:00Z'],
  // A minute past midnight: the new day has begun when the clock goes back into the old one.
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
  // Two hours, and a quarter of an hour beside the hour.
  ['Antarctica/Troll', '2026-03-29T01:00:00Z'],
  ['Pacific/Chatham', '2026-04-04T14:00:00Z'],
  // A day that never was.
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Asia/Shanghai', '2026-02-28T16:00:00Z'],
  ['Asia/Kathmandu', '2025-12-31T18:15:00Z'],
  ['UTC', '2026-03-01T00:00:00Z'],
];

const paned = [
  'day',
  'month',
  '1m',
  '10m',
  '2h',
  '120m',
  '1h',
  '3h',
  '9h',
  '10h',
  '24h',
  '120h',
  '1d',
  '7d',
  '30d',
  '120d',
];
const lengths = ['1m', '30m', '2h', '12h', '24h', '3d', '30d'];

/** One state, as a rule writes it and as its twin reads it, with the records of several keys. */
export interface TwinCase {
  readonly seed: number;
  /** As a rule writes it, without its name. */
  readonly written: Readonly<Record<string, string | number>>;
  readonly twin: TwinState;
  readonly keys: readonly (readonly Observation[])[];
  readonly watermarkMs: number;
}

export const operators = ['count', 'sum', 'distinct', 'change', 'rate', 'absence', 'overlap', 'travel'];

/** The case of a seed; the seed's remainder by eight chooses the operator. */
export function makeCase(seed: number, keys = 4, recordsPerKey = 32): TwinCase {
  const chance = seeded(seed * 7919 + 13);
  const operator = operators[seed % operators.length] as string;
  const [zone, changeAt] = chance.pick(changes);
  const { written, twin } = stateOf(operator, zone, chance);
  const scaleMs = scaleOf(written);
  const isHuge = chance.oneIn(6);
  const records = Array.from({ length: keys }, (_, key) =>
    recordsOf(key, recordsPerKey, Date.parse(changeAt), scaleMs, isHuge, chance),
  );
  const lastMs = Math.max(...records.flat().map(record => record.observedAtMs));
  return { seed, written, twin, keys: records, watermarkMs: lastMs - scaleMs + chance.below(3 * scaleMs) };
}

function stateOf(operator: string, zone: string, chance: Seeded): Pick<TwinCase, 'written' | 'twin'> {
  const written: Record<string, string | number> = { operator };
  const sql: Record<string, string> = {};
  const says = (part: string, cel: string, asSql: string): void => {
    written[part] = cel;
    sql[part] = asSql;
  };
  const text = (): void =>
    chance.oneIn(3)
      ? says('of', 'observation.smsCount % 5', 'sms_count % 5')
      : says('of', 'observation.imei', 'imei');
  const amount = (): void =>
    chance.oneIn(3)
      ? says('of', 'observation.bytesUp + observation.bytesDown', 'bytes_up + bytes_down')
      : says('of', 'observation.smsCount', 'sms_count');
  if (chance.oneIn(3)) says('when', 'has(observation.event)', 'event is not null');
  const lookBack = (): void => {
    written['lookBack'] = chance.pick(lengths);
  };
  if (['count', 'sum', 'distinct', 'change'].includes(operator)) written['window'] = chance.pick(paned);
  if (operator === 'rate') written['window'] = chance.pick(paned.filter(each => /\d/.test(each)));
  if (operator === 'sum') amount();
  if (operator === 'rate') {
    written['per'] = chance.pick(lengths);
    if (!chance.oneIn(3)) amount();
  }
  if (operator === 'distinct' || operator === 'overlap') written['cap'] = 1 + chance.below(6);
  if (['distinct', 'change', 'overlap'].includes(operator)) text();
  if (['change', 'overlap', 'travel'].includes(operator)) lookBack();
  if (operator === 'absence') {
    const at = chance.below(lengths.length);
    written['window'] = lengths[at] as string;
    written['lookBack'] = lengths[at + chance.below(lengths.length - at)] as string;
  }
  if (operator === 'overlap') {
    says('lastsMs', 'observation.durationSeconds * 1000', 'duration_seconds * 1000');
    if (chance.oneIn(2)) written['anchor'] = chance.pick(['start', 'end']);
  }
  if (operator === 'travel') {
    says('latE6', 'observation.latE6', 'lat_e6');
    says('lonE6', 'observation.lonE6', 'lon_e6');
    if (chance.oneIn(2)) says('accuracyM', 'observation.accuracyM', 'accuracy_m');
  }
  return { written, twin: { ...written, ...sql, name: 'n', operator, zone } };
}

/** The time on which the case's windows turn. */
function scaleOf(written: Readonly<Record<string, string | number>>): number {
  const texts = [written['window'], written['lookBack']].filter(each => typeof each === 'string');
  const ms = texts.map(each =>
    each === 'day'
      ? DAY
      : each === 'month'
        ? 31 * DAY
        : Number(each.slice(0, -1)) * (each.endsWith('m') ? MINUTE : each.endsWith('h') ? HOUR : DAY),
  );
  return Math.max(MINUTE, Math.min(...ms));
}

/**
 * Times with what goes wrong at edges: equal moments, pane edges and the milliseconds beside them, exactly a
 * window after an earlier record, the clock's change, and silences far longer than the window.
 */
function timesOf(count: number, changeMs: number, scaleMs: number, chance: Seeded): number[] {
  const span = Math.min(scaleMs * 4, 200 * DAY);
  const times = [changeMs + (chance.oneIn(3) ? chance.below(300 * DAY) - 150 * DAY : -chance.below(span))];
  while (times.length < count) {
    const last = times.at(-1) as number;
    const near = chance.below(3) - 1;
    const edge = chance.pick([MINUTE, 5 * MINUTE, HOUR, HOUR / 2, 6 * HOUR]);
    times.push(
      chance.pick([
        () => last,
        () => last + chance.below(MINUTE),
        () => last + chance.below(Math.ceil(scaleMs / 8)),
        () => last + chance.below(scaleMs),
        () => Math.ceil((last + chance.below(Math.ceil(scaleMs / 4))) / edge) * edge + near,
        () => last + scaleMs + near,
        () => chance.pick(times) + scaleMs + near,
        () => chance.pick(times) + 2 * scaleMs + near,
        () => (chance.oneIn(3) ? changeMs + near + chance.below(5 * HOUR) - 2 * HOUR : last + 1),
        () => last + (chance.oneIn(6) ? chance.below(3 * scaleMs) : 1000),
      ])(),
    );
  }
  return times;
}

function recordsOf(
  key: number,
  count: number,
  changeMs: number,
  scaleMs: number,
  isHuge: boolean,
  chance: Seeded,
): Observation[] {
  const digits = () =>
    chance
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return timesOf(count, changeMs, scaleMs, chance)
    .map(
      (observedAtMs): Observation => ({
        digest: digits() + digits(),
        sourceId: 1 + chance.below(3),
        partyId: 1,
        chunkId: 1,
        kind: 'card-usage',
        claim: `case/${key}`,
        observedAtMs,
        timeMark: 'stated',
        series: null,
        body: bodyOf(scaleMs, isHuge, chance),
      }),
    )
    .sort(compareObservations);
}

/** Every field is missing now and then. */
function bodyOf(scaleMs: number, isHuge: boolean, chance: Seeded): Record<string, string | number> {
  const body: Record<string, string | number> = {};
  const maybe = (field: string, value: string | number): void => {
    if (!chance.oneIn(6)) body[field] = value;
  };
  const huge = (): number => Number.MAX_SAFE_INTEGER - chance.below(3);
  const amount = (): number =>
    isHuge ? (chance.oneIn(3) ? huge() : chance.below(1000)) : chance.below(1_000_000);
  maybe('event', 'start');
  maybe('imei', chance.pick(['357520070000001', '357520070000002', '357520080000003', '0', '00', 'ä']));
  maybe('smsCount', isHuge ? amount() : amount() - 200_000);
  maybe('bytesUp', amount() >>> 0);
  maybe('bytesDown', amount() >>> 0);
  const lastsS = Math.ceil(scaleMs / 1000 / 4);
  maybe('durationSeconds', chance.pick([0, -1, 1, chance.below(lastsS), chance.below(8 * lastsS)]));
  maybe(
    'latE6',
    chance.pick([0, 90_000_000, -90_000_000, 39_900_000 + chance.below(2000), chance.below(180e6) - 90e6]),
  );
  maybe(
    'lonE6',
    chance.pick([
      0,
      180_000_000,
      -180_000_000,
      116_400_000 + chance.below(2000),
      chance.below(360e6) - 180e6,
    ]),
  );
  maybe('accuracyM', chance.pick([-5, 0, 50, 35_000]));
  return body;
}
