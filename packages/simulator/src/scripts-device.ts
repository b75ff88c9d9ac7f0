import { NINE } from './classes.ts';
import { deviceKey, imeisvOf, MODELS } from './devices.ts';
import type { Day, Script, SimulatedCard, Use } from './model.ts';
import { DAY_MS, dayStartMs, HOUR_MS } from './plan.ts';
import { afterTurn, always, lookAlike, misuse } from './script.ts';
import { useOf } from './use.ts';

const MOVED = 'card-in-another-device';
const HANDSET = 'handset-tac';
const ANY = NINE;
/** Classes that agree handsets away: all but the one nothing is known of. */
const KNOWN = ANY.slice(0, -1);

const move = (use: Use, { card }: Day): void => {
  use.imeisv = card.otherImeisv;
};
const boundTo = (card: SimulatedCard) => ({
  bindings: [{ iccid: card.iccid, imei: card.imeisv }],
});
const handsetOf = (card: SimulatedCard): string => imeisvOf(MODELS.handset, card.index);
const text = (ms: number): string => new Date(ms).toISOString();

/** After its declared change a card goes to and fro, and the network tells its old device for a day more. */
function staleDevice({ card, plan, day, usual }: Day): readonly Use[] {
  const [first, second] = [card.imeisv, card.otherImeisv];
  if (day < card.turnDay) return usual;
  if (day > card.turnDay) {
    for (const use of usual) use.imeisv = second;
    return usual;
  }
  const startMs = dayStartMs(plan, day);
  const seen = [second, first, second, first, second];
  return seen
    .map((imeisv, i) => ({
      ...useOf(card, startMs + (i < 3 ? 8 + i : 14 + 3 * i) * HOUR_MS),
      imeisv,
      durationSeconds: 60,
    }))
    .map(use => within(use, startMs));
}

/** Keeps a use within the day. */
function within(use: Use, startMs: number): Use {
  const lastMs = startMs + DAY_MS - 60_000;
  if (use.atMs <= lastMs) return use;
  const atMs = lastMs;
  return { ...use, atMs, statedMs: atMs, judgedAtMs: atMs };
}

/** Cards in other devices than theirs, and all that looks so. */
export const DEVICE_SCRIPTS: readonly Script[] = [
  misuse(MOVED, 'moved-to-another-device', { classes: ANY, uses: afterTurn(move) }),
  misuse(MOVED, 'bound-and-moved', { classes: ANY, rows: boundTo, uses: afterTurn(move) }),
  misuse(MOVED, 'never-in-its-device', {
    classes: ANY,
    begins: 'start',
    rows: boundTo,
    uses: always(move),
    watch: () => () => true,
  }),
  lookAlike(MOVED, 'bound-device', 'device-of-its-pool', {
    classes: ANY,
    rows: card => ({
      pools: [
        {
          pool: `pool-${card.iccid.slice(-8)}`,
          imeis: `${card.imeisv} ${card.otherImeisv}`,
          iccid: card.iccid,
        },
      ],
    }),
    uses: afterTurn((use, day) => {
      if (day.day % 2 === day.card.turnDay % 2) move(use, day);
    }),
  }),
  lookAlike(MOVED, 'bound-model', 'device-of-its-model', {
    classes: ANY,
    own: card => ({ tacs: card.imeisv.slice(0, 8) }),
    uses: afterTurn((use, { card }) => {
      use.imeisv = imeisvOf(card.imeisv.slice(0, 8), card.index + 500_000);
    }),
  }),
  lookAlike(MOVED, 'swap-window', 'declared-change', {
    classes: ANY,
    rows: card => ({
      'swap-windows': [
        { iccid: card.iccid, from: text(card.turnMs - HOUR_MS), to: text(card.turnMs + 2 * DAY_MS) },
      ],
    }),
    uses: afterTurn(move),
  }),
  lookAlike(MOVED, 'stale-device', 'stale-device', {
    classes: ANY,
    rows: (card, plan) => {
      const startMs = dayStartMs(plan, card.turnDay);
      const window = { from: text(startMs + 7 * HOUR_MS), to: text(startMs + 12 * HOUR_MS) };
      return { 'swap-windows': [{ iccid: card.iccid, ...window }] };
    },
    uses: staleDevice,
  }),
  lookAlike(MOVED, null, 'software-update', {
    classes: ANY,
    uses: afterTurn(use => {
      use.imeisv = `${deviceKey(use.imeisv)}02`;
    }),
  }),
  lookAlike(MOVED, null, 'no-device-told', {
    classes: ANY,
    uses: afterTurn((use, { luck }) => {
      if (luck.next() < 0.5) use.imeisv = '';
    }),
  }),
  misuse(HANDSET, 'moved-to-a-handset', {
    classes: ANY,
    also: [MOVED],
    uses: afterTurn((use, { card }) => {
      use.imeisv = handsetOf(card);
    }),
  }),
  misuse(HANDSET, 'bound-and-in-a-handset', {
    classes: KNOWN,
    also: [MOVED],
    begins: 'start',
    rows: boundTo,
    uses: always((use, { card }) => {
      use.imeisv = handsetOf(card);
    }),
    watch: () => () => true,
  }),
  misuse(HANDSET, 'always-in-a-handset', {
    classes: KNOWN,
    tac: MODELS.handset,
    begins: 'start',
    watch: () => () => true,
  }),
  lookAlike(HANDSET, 'handset-agreed', 'handset-agreed', {
    classes: KNOWN,
    tac: MODELS.handset,
    own: () => ({ handset: 'yes' }),
  }),
  lookAlike(HANDSET, 'bound-device', 'bound-to-a-handset', {
    classes: KNOWN,
    tac: MODELS.handset,
    rows: boundTo,
  }),
  lookAlike(HANDSET, 'bound-model', 'bound-to-a-handset-model', {
    classes: KNOWN,
    tac: MODELS.handset,
    own: () => ({ tacs: MODELS.handset }),
  }),
  lookAlike(HANDSET, 'test-bench', 'handset-on-a-bench', {
    classes: ['test-bench'],
    tac: MODELS.handset,
    own: () => ({ handset: 'no' }),
  }),
  lookAlike(HANDSET, null, 'in-a-tablet', { classes: KNOWN, tac: MODELS.tablet }),
  lookAlike(HANDSET, null, 'in-a-router', { classes: KNOWN, tac: MODELS.router }),
];
