import { NINE } from './classes.ts';
import { MODELS } from './devices.ts';
import type { Day, Script, SimulatedCard, Use } from './model.ts';
import { addedFromTurn, addedOnTurn, always, further, lookAlike, misuse } from './script.ts';

const STATIC = 'outgoing-from-one-cell';
const BOX = 'sim-box-cell';
const CODES = 'codes-to-one-place';
const SOLD = 'handsets-of-one-buyer';
const HANDSET = 'handset-tac';
const ANY = NINE;
const BENCH = ['test-bench'];

const cellOf = (card: SimulatedCard): string => `460-00-4095-${card.first}`;
const call = (card: SimulatedCard, change: Partial<Use> = {}): Partial<Use> => ({
  service: 'voice',
  direction: 'mo',
  peer: '13800138000',
  voiceSeconds: 50,
  cell: cellOf(card),
  ...change,
});
/** Calls within the hour; of a group each member half an hour after the one before. */
const calls =
  (times: number, change: Partial<Use> = {}) =>
  (day: Day) =>
    further(day, 14 + day.card.member / 2, call(day.card, change), times, 5);
const callsOut = (columns: Record<string, string>) => () => ({ voice: 'yes', sms: 'yes', ...columns });
const alone = { classes: ANY, needs: ['peer', 'cell'], own: callsOut({ outgoing_calls: '4' }) } as const;
const group = {
  ...alone,
  cards: 3,
  begins: 'turn',
  own: callsOut({ outgoing_calls: '4', cards_per_cell: '3' }),
} as const;
/** The turning day of a group is its first card's. */
const dayOf = (use: Use): number => Math.floor((use.atMs + 8 * 3_600_000) / 86_400_000);
const onSecondDay = (n: number) => () => {
  const days: number[] = [];
  return (use: Use): boolean => {
    if (use.service !== 'voice') return false;
    days.push(dayOf(use));
    return new Set(days).size > 1 && days.filter(day => day === dayOf(use)).length >= n;
  };
};

const codes = (peer: (i: number) => string) => (day: Day) =>
  further(
    day,
    9 + day.card.member,
    i => ({ service: 'sms', direction: 'mt', peer: peer(i), cell: cellOf(day.card) }),
    8,
    5,
  );
const strangers = (i: number): string => `10690000${i}`;
const place = { ...group, own: callsOut({ cards_per_cell: '3' }) } as const;
const nthMessage = (n: number) => () => {
  const days: number[] = [];
  const cards = new Set<number>();
  return (use: Use): boolean => {
    if (use.service !== 'sms') return false;
    days.push(dayOf(use));
    cards.add(use.card.index);
    return cards.size > 2 && days.filter(day => day === dayOf(use)).length >= n;
  };
};

const ofBuyer = always((use, { card }) => {
  use.account = `buyer-${card.first}`;
});
const buyer = {
  classes: ANY,
  needs: ['account'],
  cards: 3,
  tac: MODELS.handset,
  begins: 'start',
  uses: ofBuyer,
} as const;

/** Cards that only together show what they are used for, and all that looks so. */
export const COHORT_SCRIPTS: readonly Script[] = [
  misuse(STATIC, 'calls-out-of-one-cell', { ...alone, uses: addedFromTurn(calls(6)), watch: onSecondDay(4) }),
  lookAlike(STATIC, 'new-in-service', 'calls-on-one-day', { ...alone, uses: addedOnTurn(calls(6)) }),
  lookAlike(STATIC, 'emergency', 'calls-for-help-from-one-cell', {
    ...alone,
    uses: addedFromTurn(calls(6, { peer: '119' })),
  }),
  lookAlike(STATIC, 'test-bench', 'calls-out-of-a-bench', {
    ...alone,
    classes: BENCH,
    uses: addedFromTurn(calls(6)),
  }),
  lookAlike(STATIC, null, 'calls-out-once-a-day', { ...alone, uses: addedFromTurn(calls(1)) }),
  misuse(BOX, 'box-in-a-cell', {
    ...group,
    also: [STATIC],
    uses: addedFromTurn(calls(6)),
    watch: onSecondDay(12),
  }),
  lookAlike(BOX, 'first-day', 'calls-on-one-day-together', { ...group, uses: addedOnTurn(calls(6)) }),
  lookAlike(BOX, 'emergency', 'calls-for-help-together', {
    ...group,
    uses: addedFromTurn(calls(6, { peer: '119' })),
  }),
  lookAlike(BOX, 'test-bench', 'bench-of-voice-modules', {
    ...group,
    classes: BENCH,
    uses: addedFromTurn(calls(6)),
  }),
  lookAlike(BOX, null, 'alarms-in-a-cell', { ...group, uses: addedFromTurn(calls(1)) }),
  misuse(CODES, 'receives-codes-together', {
    ...place,
    uses: addedFromTurn(codes(strangers)),
    watch: nthMessage(15),
  }),
  lookAlike(CODES, 'known-senders', 'read-by-their-platform', {
    ...place,
    own: callsOut({ cards_per_cell: '3', sms_peers: '106900001234' }),
    uses: addedFromTurn(codes(() => '106900001234')),
  }),
  lookAlike(CODES, 'test-bench', 'messages-to-a-bench', {
    ...place,
    classes: BENCH,
    uses: addedFromTurn(codes(strangers)),
  }),
  misuse(SOLD, 'sold-on', { ...buyer, also: [HANDSET], watch: () => use => use.card.member === 2 }),
  lookAlike(SOLD, 'handset-agreed', 'handsets-of-a-fleet', { ...buyer, own: () => ({ handset: 'yes' }) }),
  lookAlike(SOLD, 'test-bench', 'handsets-of-a-bench', {
    ...buyer,
    classes: BENCH,
    own: () => ({ handset: 'no' }),
  }),
];
