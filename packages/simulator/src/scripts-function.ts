import type { Day, Script, Use } from './model.ts';
import { DAY_MS, dayStartMs, dormantDays, HOUR_MS, restOf } from './plan.ts';
import { lookAlike, misuse } from './script.ts';
import { putVolume, useOf } from './use.ts';

const SPOKE = 'sms-or-voice';
const WOKE = 'dormant-card-wakes';
/** Classes without short messages, and without voice. */
const NO_SMS = ['public-service', 'retail', 'smart-home', 'agriculture', 'industry', 'logistics'];
const NO_VOICE = [...NO_SMS, 'medical'];
const SLEEPERS = ['public-service', 'retail', 'smart-home', 'industry', 'medical', 'logistics', 'other'];

const PEER = '8613800138000';

function message(change: (use: Use) => void): (day: Day) => readonly Use[] {
  return day => {
    if (day.day < day.card.turnDay) return day.usual;
    const use = useOf(day.card, dayStartMs(day.plan, day.day) + 10 * HOUR_MS + 1_500_000);
    use.service = 'sms';
    use.direction = 'mo';
    change(use);
    return [...day.usual, use];
  };
}

const call = (change: (use: Use) => void) =>
  message(use => {
    use.service = 'voice';
    use.voiceSeconds = 40;
    change(use);
  });

const isOther = (card: { turnMs: number }) => (use: Use) =>
  use.atMs >= card.turnMs && (use.service !== 'data' || use.smsCount > 0);

/** As the class would have it up to a day, then nothing, then what `wakes` gives from the waking day on. */
const rests = (wakes: (day: Day, after: number) => readonly Use[]) => (day: Day) => {
  const { lastDay, wakeDay } = restOf(day.plan);
  if (day.day <= lastDay) return day.usual;
  return day.day < wakeDay ? [] : wakes(day, day.day - wakeDay);
};
const usual = (day: Day): readonly Use[] => day.usual;
const ofThePast = (day: Day): readonly Use[] => {
  const use = useOf(day.card, dayStartMs(day.plan, day.day) + 9 * HOUR_MS);
  putVolume(use, 3_000);
  return [{ ...use, statedMs: DAY_MS }];
};
const own = (_: unknown, plan: Day['plan']) => ({ dormant_days: String(dormantDays(plan)) });
const isAwake = (_: unknown, plan: Day['plan']) => (use: Use) =>
  use.statedMs === use.atMs && use.atMs >= dayStartMs(plan, restOf(plan).wakeDay);

/** Cards that speak or write although they may not, cards that wake, and all that looks so. */
export const FUNCTION_SCRIPTS: readonly Script[] = [
  misuse(SPOKE, 'sent-messages', {
    classes: NO_SMS,
    uses: message(use => {
      use.peer = PEER;
    }),
    watch: isOther,
  }),
  misuse(SPOKE, 'received-codes', {
    classes: NO_SMS,
    uses: message(use => {
      use.direction = 'mt';
      use.peer = '106900001';
    }),
    watch: isOther,
  }),
  misuse(SPOKE, 'counted-messages', {
    classes: NO_SMS,
    needs: ['message-count'],
    uses: message(use => {
      use.service = 'data';
      use.direction = '';
      use.smsCount = 4;
      putVolume(use, 900);
    }),
    watch: isOther,
  }),
  misuse(SPOKE, 'spoke', {
    classes: NO_VOICE,
    uses: call(use => {
      use.peer = PEER;
    }),
    watch: isOther,
  }),
  lookAlike(SPOKE, 'emergency', 'called-for-help', {
    classes: NO_VOICE,
    uses: call(use => {
      use.peer = '120';
    }),
  }),
  lookAlike(SPOKE, 'emergency', 'emergency-marked-by-the-network', {
    classes: NO_VOICE,
    uses: call(use => {
      use.peerKind = 'emergency';
    }),
  }),
  lookAlike(SPOKE, 'operator-message', 'programmed-over-the-air', {
    classes: NO_SMS,
    needs: ['operator-mark'],
    uses: message(use => {
      use.direction = 'mt';
      use.peerKind = 'operator';
    }),
  }),
  lookAlike(SPOKE, 'operator-message', 'message-of-the-operator', {
    classes: NO_SMS,
    needs: ['peer'],
    own: () => ({ service_peers: '10086' }),
    uses: message(use => {
      use.direction = 'mt';
      use.peer = '10086';
    }),
  }),
  lookAlike(SPOKE, 'test-bench', 'messages-on-a-bench', {
    classes: ['test-bench'],
    own: () => ({ sms: 'no' }),
    uses: message(use => {
      use.peer = PEER;
    }),
  }),
  lookAlike(SPOKE, null, 'message-turned-away', {
    classes: NO_SMS,
    uses: message(use => {
      use.peer = PEER;
      use.event = 'refused';
    }),
  }),
  lookAlike(SPOKE, null, 'messages-agreed', {
    classes: NO_SMS,
    own: () => ({ sms: 'yes' }),
    uses: message(use => {
      use.peer = PEER;
    }),
  }),
  misuse(WOKE, 'woke', { classes: SLEEPERS, own, uses: rests(usual), watch: isAwake, begins: 'shown' }),
  misuse(WOKE, 'woke-with-a-wrong-clock', {
    classes: SLEEPERS,
    isPunctual: true,
    own,
    uses: rests((day, after) => (after === 0 ? ofThePast(day) : usual(day))),
    watch: isAwake,
    begins: 'shown',
  }),
  lookAlike(WOKE, 'seasonal', 'rested-for-a-season', { classes: ['agriculture'], own, uses: rests(usual) }),
  lookAlike(WOKE, 'test-bench', 'rested-on-a-bench', { classes: ['test-bench'], own, uses: rests(usual) }),
  lookAlike(WOKE, 'uncertain-time', 'woke-in-1970', {
    classes: SLEEPERS,
    isPunctual: true,
    own,
    uses: rests((day, after) => (after === 0 ? ofThePast(day) : [])),
  }),
  lookAlike(WOKE, null, 'rested-briefly', {
    classes: SLEEPERS,
    own: (_, plan) => ({ dormant_days: String(dormantDays(plan) + 4) }),
    uses: rests(usual),
  }),
];
