import { NINE } from './classes.ts';
import { deviceKey } from './devices.ts';
import type { Day, Script, Use } from './model.ts';
import { dayStartMs, HOUR_MS } from './plan.ts';
import { lookAlike, misuse } from './script.ts';
import { putVolume, useOf } from './use.ts';

const SHARED = 'one-imei-many-cards';
const ANY = NINE;
const BENCH = ['test-bench'];

/** Finished records of ten minutes, each member of the group after the other, three rounds a day. */
function inTurns({ card, plan, day }: Day): Use[] {
  return [0, 8, 16].map(hour => {
    const use = useOf(card, dayStartMs(plan, day) + (hour + card.member) * HOUR_MS);
    use.durationSeconds = 600;
    putVolume(use, 20_000);
    return use;
  });
}

/** Finished records of an hour, all members within the same one. */
function atOnce({ card, plan, day }: Day): Use[] {
  return [9, 15].map(hour => {
    const use = useOf(card, dayStartMs(plan, day) + hour * HOUR_MS + card.member * 300_000);
    use.durationSeconds = 3_600;
    putVolume(use, 20_000);
    return use;
  });
}

/** Sessions of an hour, all members within the same one; told when they begin and when they end. */
function sessionsAtOnce({ card, plan, day }: Day): Use[] {
  const from = dayStartMs(plan, day) + 9 * HOUR_MS + card.member * 300_000;
  const session = `${card.iccid.slice(-10)}-${day}-shared`;
  const [start, stop] = [useOf(card, from), useOf(card, from + HOUR_MS)];
  Object.assign(start, { event: 'start', session, durationSeconds: 0 });
  Object.assign(stop, { event: 'stop', session, durationSeconds: 3_600 });
  putVolume(start, 0);
  putVolume(stop, 30_000);
  return [start, stop];
}

/** Boards that are always on, each in a cell of its own: every use reaches into the next ones of the others. */
function inPlacesOfTheirOwn({ card, plan, day }: Day): Use[] {
  return [0, 4, 8, 12, 16, 20].map(hour => {
    const use = useOf(card, dayStartMs(plan, day) + hour * HOUR_MS + card.member * 300_000);
    Object.assign(use, { durationSeconds: 5 * 3_600, cell: `460-00-4096-${card.index}`, plmn: '46000' });
    putVolume(use, 3_000);
    return use;
  });
}

/** Each member holds the device for a third of the time. */
function oneAfterTheOther(day: Day): readonly Use[] {
  const { card, plan } = day;
  return Math.min(card.script?.cards ?? 1, Math.floor((day.day * (card.script?.cards ?? 1)) / plan.days)) ===
    card.member
    ? day.usual
    : [];
}

const group = { cards: 3, isOneDevice: true, begins: 'start' } as const;
const third = (use: Use): boolean => use.card.member === 2;
const watch = () => third;
/** Two rounds must have ended: the sixth change of card comes with the first card's third record. */
const sixth = () => (use: Use) => use.atMs >= use.card.turnMs || third(use);

/** One device with many cards, and all that looks so. */
export const SHARING_SCRIPTS: readonly Script[] = [
  misuse(SHARED, 'cards-in-turns', { ...group, classes: ANY, uses: inTurns, watch: sixth }),
  misuse(SHARED, 'cards-at-once', { ...group, classes: ANY, uses: atOnce, watch }),
  misuse(SHARED, 'sessions-at-once', {
    ...group,
    classes: ANY,
    feed: 'sessions',
    uses: sessionsAtOnce,
    watch: () => use => third(use) && use.event === 'stop',
  }),
  lookAlike(SHARED, 'factory-duplicate', 'factory-gave-it-twice', {
    ...group,
    classes: ANY,
    own: card => ({ duplicate_imeis: deviceKey(card.imeisv) }),
    uses: atOnce,
  }),
  lookAlike(SHARED, 'boards-apart', 'boards-with-one-imei', {
    ...group,
    classes: ANY,
    needs: ['cell'],
    uses: inPlacesOfTheirOwn,
  }),
  lookAlike(SHARED, 'test-bench', 'bench-tries-cards', {
    ...group,
    classes: BENCH,
    feed: 'sessions',
    uses: sessionsAtOnce,
  }),
  lookAlike(SHARED, null, 'two-cards-in-one-device', { ...group, cards: 2, classes: ANY, uses: atOnce }),
  lookAlike(SHARED, null, 'card-replaced-twice', { ...group, classes: ANY, uses: oneAfterTheOther }),
];
