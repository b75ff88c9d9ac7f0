import { NINE } from './classes.ts';
import type { Day, Script, SimulatedCard, Use } from './model.ts';
import { DAY_MS, dayStartMs, HOUR_MS, monthOf, type Plan } from './plan.ts';
import { lookAlike, misuse } from './script.ts';
import { putVolume, useOf, volumeOf } from './use.ts';

const MONTH = 'data-cap';
const DAY = 'daily-data-cap';
const BURST = 'data-burst';
const ANY = NINE;
const OPEN = { contract: 'open' } as const;
const DAILY = { contract: 'day' } as const;

type Volume = (card: SimulatedCard) => number;
const cap: Volume = card => card.capBytes;
const dayCap: Volume = card => card.dayCapBytes;
const burst: Volume = card => card.profile.burstBytes;

/** Finished records at hours of the day, each of a volume. */
function told({ card, plan, day }: Day, hours: readonly number[], bytes: number): Use[] {
  return hours.map(hour => {
    const use = useOf(card, dayStartMs(plan, day) + hour * HOUR_MS);
    use.durationSeconds = 600;
    putVolume(use, bytes);
    return use;
  });
}

/** The running totals of one session at hours after the turning day began. */
function totals({ card, plan }: Day, at: readonly (readonly [hour: number, bytes: number])[]): Use[] {
  return at.map(([hour, bytes], i) => {
    const use = useOf(card, dayStartMs(plan, card.turnDay) + hour * HOUR_MS);
    use.event = i === 0 ? 'start' : 'interim';
    use.session = `${card.iccid.slice(-10)}-long`;
    use.durationSeconds = Math.floor(((hour - (at[0]?.[0] as number)) * HOUR_MS) / 1000);
    putVolume(use, bytes);
    return use;
  });
}

/** On the turning day what is given, before it and after it the usual. */
const onTurn = (of: (day: Day) => Use[]) => (day: Day) =>
  day.day === day.card.turnDay ? of(day) : day.usual;
const fromTurn = (of: (day: Day) => Use[]) => (day: Day) =>
  day.day < day.card.turnDay ? day.usual : of(day);

/** A session that says nothing for a whole day, and then tells more than `limit` at once. */
const afterSilence = (limit: Volume) => (day: Day) => {
  const { card, usual } = day;
  if (day.day < card.turnDay || day.day > card.turnDay + 2) return usual;
  if (day.day === card.turnDay)
    return totals(day, [
      [8, 0],
      [9, 0.1 * limit(card)],
    ]);
  return day.day === card.turnDay + 1
    ? []
    : totals(day, [
        [8, 0],
        [52, 1.12 * limit(card)],
      ]).slice(1);
};

/** A session whose counter begins anew; with what it had counted before the limit would be passed. */
const restarted = (limit: Volume) =>
  onTurn(day => {
    const at = limit(day.card);
    return totals(day, [
      [8, 0],
      [10, 0.56 * at],
      [12, 0.5 * at],
    ]);
  });

/** A record from 1970 whose volume alone passes the limit; it is judged when its file is received. */
const wrongClock = (limit: Volume) => (day: Day) => {
  if (day.day !== day.card.turnDay) return day.usual;
  const [use] = told(day, [9], 1.05 * limit(day.card));
  return [...day.usual, { ...(use as Use), statedMs: 86_400_000 }];
};

/** The record with which what is counted since `sinceOf` first passes the limit. */
const passes =
  (limit: Volume, sinceOf: (ms: number, plan: Plan) => number) => (card: SimulatedCard, plan: Plan) => {
    let since = Number.NaN;
    let used = 0;
    const before = new Map<string, number>();
    return (use: Use): boolean => {
      const pane = sinceOf(use.judgedAtMs, plan);
      if (pane !== since) [since, used] = [pane, 0];
      const total = volumeOf(use);
      used += use.session === '' ? total : total - (before.get(use.session) ?? 0);
      before.set(use.session, total);
      return used > limit(card);
    };
  };
const inMonth = passes(cap, monthOf);
const inDay = passes(dayCap, (ms, plan) => Math.floor((ms - plan.fromMs) / DAY_MS));
const sinceTurn = passes(burst, () => 0);

/** Cards that use more than was agreed or than is usual, and all that looks so. */
export const VOLUME_SCRIPTS: readonly Script[] = [
  misuse(MONTH, 'broke-its-cap', {
    classes: ANY,
    uses: fromTurn(day => told(day, [7, 13, 19], 0.2 * cap(day.card))),
    watch: inMonth,
  }),
  misuse(MONTH, 'broke-its-cap-in-sessions', {
    classes: ANY,
    feed: 'sessions',
    uses: onTurn(day =>
      totals(day, [
        [6, 0],
        [12, 0.7 * cap(day.card)],
        [20, 1.4 * cap(day.card)],
      ]),
    ),
    watch: inMonth,
  }),
  misuse(MONTH, 'broke-its-cap-one-side-told', {
    classes: ANY,
    needs: ['one-side'],
    uses: fromTurn(day => {
      const uses = told(day, [7, 13, 19], 0);
      for (const use of uses) [use.bytesUp, use.bytesDown] = [Math.floor(0.2 * cap(day.card)), -1];
      return uses;
    }),
    watch: inMonth,
  }),
  lookAlike(MONTH, 'assumed-volume', 'counter-began-anew', {
    classes: ANY,
    feed: 'sessions',
    uses: restarted(cap),
  }),
  lookAlike(MONTH, 'volume-of-another-month', 'silent-session', {
    classes: ANY,
    feed: 'sessions',
    uses: afterSilence(cap),
  }),
  lookAlike(MONTH, 'uncertain-time', 'volume-of-1970', {
    classes: ANY,
    isPunctual: true,
    uses: wrongClock(cap),
  }),
  lookAlike(MONTH, null, 'heavy-but-below-its-cap', {
    classes: ANY,
    uses: onTurn(day => told(day, [7, 13, 19], 0.22 * cap(day.card))),
  }),
  misuse(DAY, 'broke-its-day', {
    ...DAILY,
    classes: ANY,
    uses: fromTurn(day => told(day, [7, 13, 19], 0.5 * dayCap(day.card))),
    watch: inDay,
  }),
  misuse(DAY, 'broke-its-day-in-sessions', {
    ...DAILY,
    classes: ANY,
    feed: 'sessions',
    uses: onTurn(day =>
      totals(day, [
        [6, 0],
        [12, 0.7 * dayCap(day.card)],
        [20, 1.4 * dayCap(day.card)],
      ]),
    ),
    watch: inDay,
  }),
  lookAlike(DAY, 'assumed-volume', 'counter-began-anew-within-a-day', {
    ...DAILY,
    classes: ANY,
    feed: 'sessions',
    uses: restarted(dayCap),
  }),
  lookAlike(DAY, 'volume-of-another-day', 'silent-session-of-days', {
    ...DAILY,
    classes: ANY,
    feed: 'sessions',
    uses: afterSilence(dayCap),
  }),
  lookAlike(DAY, 'uncertain-time', 'volume-of-another-day-of-1970', {
    ...DAILY,
    classes: ANY,
    isPunctual: true,
    uses: wrongClock(dayCap),
  }),
  lookAlike(DAY, null, 'heavy-days', {
    ...DAILY,
    classes: ANY,
    uses: fromTurn(day => told(day, [7, 13, 19], 0.3 * dayCap(day.card))),
  }),
  misuse(BURST, 'burst', {
    ...OPEN,
    classes: ANY,
    uses: onTurn(day => told(day, [7, 11, 15], 0.4 * burst(day.card))),
    watch: sinceTurn,
  }),
  misuse(BURST, 'burst-in-a-session', {
    ...OPEN,
    classes: ANY,
    feed: 'sessions',
    uses: onTurn(day =>
      totals(day, [
        [6, 0],
        [12, 0.5 * burst(day.card)],
        [20, 1.3 * burst(day.card)],
      ]),
    ),
    watch: sinceTurn,
  }),
  lookAlike(BURST, 'campaign', 'announced-update', {
    ...OPEN,
    classes: ANY,
    rows: (card, plan) => {
      const startMs = dayStartMs(plan, card.turnDay);
      const [from, to] = [new Date(startMs).toISOString(), new Date(startMs + 2 * DAY_MS).toISOString()];
      return { campaigns: [{ iccid: card.iccid, from, to, reason: 'update' }] };
    },
    uses: onTurn(day => told(day, [7, 11, 15], 0.45 * burst(day.card))),
  }),
  lookAlike(BURST, 'assumed-volume', 'burst-of-a-counter-begun-anew', {
    ...OPEN,
    classes: ANY,
    feed: 'sessions',
    uses: restarted(burst),
  }),
  lookAlike(BURST, 'assumed-volume', 'burst-of-a-wrapped-counter', {
    ...OPEN,
    // The one class whose burst is more than 32 bits count.
    classes: ['vehicle'],
    feed: 'sessions',
    uses: onTurn(day => {
      const uses = totals(day, [
        [8, 0],
        [10, 4_210_000_000],
        [12, 910_000_000],
      ]);
      for (const use of uses.slice(1)) {
        use.bytesDown += use.bytesUp - 10_000_000;
        use.bytesUp = 10_000_000;
      }
      return uses;
    }),
  }),
  lookAlike(BURST, 'volume-of-more-days', 'burst-of-a-silent-session', {
    ...OPEN,
    classes: ANY,
    feed: 'sessions',
    uses: afterSilence(burst),
  }),
  lookAlike(BURST, 'uncertain-time', 'burst-of-1970', {
    ...OPEN,
    classes: ANY,
    isPunctual: true,
    uses: wrongClock(burst),
  }),
  lookAlike(BURST, null, 'total-told-again', {
    ...OPEN,
    classes: ANY,
    feed: 'sessions',
    uses: onTurn(day => {
      const at = burst(day.card);
      return totals(day, [
        [6, 0],
        [8, 0.8 * at],
        [10, 0.8 * at],
        [12, 0.82 * at],
        [14, 0.85 * at],
      ]);
    }),
  }),
];
