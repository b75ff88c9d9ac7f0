import { NINE } from './classes.ts';
import { deviceKey, imeisvOf, unknownTac } from './devices.ts';
import type { Day, Script, SimulatedCard, Use } from './model.ts';
import { HOUR_MS } from './plan.ts';
import { addedFromTurn, afterTurn, further, lookAlike, misuse, restOfPlan } from './script.ts';
import { putVolume } from './use.ts';

const STORM = 'signalling-storm';
const LOCK = 'lock-breached';
const TWICE = 'card-in-two-devices-at-once';
const THROUGH = 'one-card-many-devices';
const UNLIKE = 'device-of-another-class';
const MOVED = 'card-in-another-device';
const ANY = NINE;
const BENCH = ['test-bench'];

const calm = () => ({ attaches_per_hour: '10' });
const refused = (cause: string, times: number) =>
  addedFromTurn(day => further(day, 13, { event: 'refused', cause }, times, 3));
/** Sessions that begin and end within the minute. */
const shortSessions = addedFromTurn(day =>
  further(day, 13, {}, 15, 3).flatMap((start, i) => {
    const session = `${day.card.iccid.slice(-10)}-${day.day}-storm-${i}`;
    const stop = { ...start, atMs: start.atMs + 30_000, statedMs: start.atMs + 30_000 };
    putVolume(start, 0);
    putVolume(stop, 300);
    Object.assign(start, { event: 'start', session, durationSeconds: 0 });
    return [start, Object.assign(stop, { event: 'stop' as const, session, durationSeconds: 30 })];
  }),
);
/** The record with which an hour has seen too many tries, or a day too many refusals. */
const nth = (n: number, spanMs: number) => () => {
  const times: number[] = [];
  return (use: Use): boolean => {
    if (use.event !== 'start' && use.event !== 'refused') return false;
    times.push(use.atMs);
    return times.filter(ms => ms > use.atMs - spanMs).length >= n;
  };
};

const pool = (card: SimulatedCard, imeisvs: readonly string[]) => ({
  pools: [
    { pool: `pool-${card.iccid.slice(-8)}`, imeis: imeisvs.map(deviceKey).join(' '), iccid: card.iccid },
  ],
});
const swaps = (card: SimulatedCard, plan: Day['plan']) => ({
  'swap-windows': [{ iccid: card.iccid, ...restOfPlan(card, plan) }],
});
const bothDevices = (card: SimulatedCard) => pool(card, [card.imeisv, card.otherImeisv]);

/** Two uses of three hours in two devices, the second so many hours after the first. */
const inBoth = (afterHours: number) => (day: Day) =>
  day.day < day.card.turnDay
    ? day.usual
    : further(
        day,
        8,
        i => ({ imeisv: i === 0 ? day.card.imeisv : day.card.otherImeisv }),
        2,
        afterHours * 60,
      ).map(use => {
        use.durationSeconds = 3 * 3_600;
        putVolume(use, 900);
        return use;
      });
/** The same, told as sessions at their ends. */
const sessionsInBoth = (day: Day) =>
  day.day < day.card.turnDay
    ? day.usual
    : inBoth(1)(day).map((use, i) => {
        const atMs = use.atMs + 3 * HOUR_MS;
        const session = `${day.card.iccid.slice(-10)}-${day.day}-both-${i}`;
        return Object.assign({ ...use, atMs, statedMs: atMs }, { event: 'stop' as const, session });
      });
const isOther = (card: SimulatedCard) => (use: Use) => use.imeisv === card.otherImeisv;

/** Serial numbers of a card's further devices, far from those of other cards of fleets up to 200,000. */
const SERIALS = [0, 200_000, 700_000] as const;
const nthDevice = (card: SimulatedCard, tac: (n: number) => string, n: number): string =>
  imeisvOf(tac(n), card.index + (SERIALS[n] as number));
const through = (tac: (card: SimulatedCard, n: number) => string) =>
  afterTurn((use, { card, day }) => {
    use.imeisv = nthDevice(card, n => tac(card, n), (day - card.turnDay) % 3);
  });
const odd = (card: SimulatedCard, n: number): string => unknownTac(card.index, 2 + n);
const same = (card: SimulatedCard): string => card.imeisv.slice(0, 8);
const few = () => ({ imeis_per_card: '2' });
const devices = (card: SimulatedCard): string[] => [0, 1, 2].map(n => nthDevice(card, m => odd(card, m), n));
const seenDevices = () => {
  const seen = new Set<string>();
  return (use: Use): boolean => seen.add(deviceKey(use.imeisv)).size > 2;
};

const moves = afterTurn((use, { card }) => {
  use.imeisv = card.otherImeisv;
});
const learned = (card: SimulatedCard) => ({ class_tacs: same(card) });

/** Cards that burden the network or are copied, carried around and sold on, and all that looks so. */
export const SIGNALLING_SCRIPTS: readonly Script[] = [
  misuse(STORM, 'tries-again-and-again', {
    classes: ANY,
    needs: ['cause'],
    own: calm,
    uses: refused('NO_RESOURCES', 16),
    watch: nth(11, HOUR_MS),
  }),
  misuse(STORM, 'short-sessions', {
    classes: ANY,
    feed: 'sessions',
    own: calm,
    uses: shortSessions,
    watch: nth(11, HOUR_MS),
  }),
  lookAlike(STORM, 'own-block', 'tries-after-our-block', {
    classes: ANY,
    needs: ['cause'],
    own: calm,
    uses: refused('DATA_SERVICE_BARRED', 16),
  }),
  lookAlike(STORM, 'outage', 'tries-in-an-outage', {
    classes: ANY,
    needs: ['cause'],
    own: calm,
    rows: (card, plan) => ({
      outages: [{ iccid: card.iccid, ...restOfPlan(card, plan), reason: 'a cell was down' }],
    }),
    uses: refused('NO_RESOURCES', 16),
  }),
  lookAlike(STORM, 'test-bench', 'tries-on-a-bench', {
    classes: BENCH,
    needs: ['cause'],
    own: calm,
    uses: refused('NO_RESOURCES', 16),
  }),
  lookAlike(STORM, null, 'tries-now-and-then', {
    classes: ANY,
    needs: ['cause'],
    own: calm,
    uses: refused('NO_RESOURCES', 8),
  }),
  misuse(LOCK, 'broke-its-lock', {
    classes: ANY,
    needs: ['cause'],
    uses: refused('IMEI_LOCK_BREACHED', 4),
    watch: nth(3, 20 * HOUR_MS),
  }),
  lookAlike(LOCK, 'swap-window', 'lock-not-yet-moved', {
    classes: ANY,
    needs: ['cause'],
    rows: swaps,
    uses: refused('IMEI_LOCK_ENFORCED', 4),
  }),
  lookAlike(LOCK, 'test-bench', 'locks-on-a-bench', {
    classes: BENCH,
    needs: ['cause'],
    uses: refused('IMEI_LOCK_BREACHED', 4),
  }),
  misuse(TWICE, 'copied', { classes: ANY, also: [MOVED], uses: inBoth(1), watch: isOther }),
  misuse(TWICE, 'copied-in-sessions', {
    classes: ANY,
    feed: 'sessions',
    also: [MOVED],
    uses: sessionsInBoth,
    watch: isOther,
  }),
  lookAlike(TWICE, 'stale-session', 'session-held-by-the-network', {
    classes: ANY,
    rows: bothDevices,
    uses: inBoth(2.5),
  }),
  lookAlike(TWICE, 'test-bench', 'shared-on-a-bench', { classes: BENCH, rows: bothDevices, uses: inBoth(1) }),
  misuse(THROUGH, 'through-many-devices', {
    classes: ANY,
    own: few,
    also: [MOVED],
    uses: through(odd),
    watch: seenDevices,
  }),
  lookAlike(THROUGH, 'bound-device', 'through-its-pool', {
    classes: ANY,
    own: few,
    rows: card => pool(card, [card.imeisv, ...devices(card)]),
    uses: through(odd),
  }),
  lookAlike(THROUGH, 'swap-window', 'through-declared-changes', {
    classes: ANY,
    own: few,
    rows: swaps,
    uses: through(odd),
  }),
  lookAlike(THROUGH, 'test-bench', 'through-a-bench', {
    classes: BENCH,
    own: card => ({ ...few(), tacs: same(card) }),
    uses: through(same),
  }),
  misuse(UNLIKE, 'in-an-unlike-device', {
    classes: ANY,
    own: learned,
    also: [MOVED],
    uses: moves,
    watch: isOther,
  }),
  lookAlike(UNLIKE, 'bound-device', 'unlike-but-its-own', {
    classes: ANY,
    own: learned,
    rows: bothDevices,
    uses: moves,
  }),
  lookAlike(UNLIKE, 'bound-model', 'unlike-but-its-model', {
    classes: ANY,
    own: card => ({ ...learned(card), tacs: `${same(card)} ${card.otherImeisv.slice(0, 8)}` }),
    uses: moves,
  }),
  lookAlike(UNLIKE, 'swap-window', 'unlike-and-declared', {
    classes: ANY,
    own: learned,
    rows: swaps,
    uses: moves,
  }),
  lookAlike(UNLIKE, 'test-bench', 'unlike-on-a-bench', {
    classes: BENCH,
    own: () => ({ class_tacs: '86990000' }),
  }),
];
