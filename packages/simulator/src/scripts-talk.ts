import { NINE } from './classes.ts';
import { deviceKey, MODELS } from './devices.ts';
import type { Script, Use } from './model.ts';
import { addedFromTurn, addedOnTurn, further, lookAlike, misuse } from './script.ts';

const ANY = NINE;
const BENCH = ['test-bench'];
const VOICE = 'voice-in-sensitive-area';
const HANDSET_VOICE = 'voice-in-handset';
const SPOKEN = 'voice-beyond-whitelist';
const WRITTEN = 'sms-beyond-whitelist';
const MANY = 'sms-threshold';
const FAN = 'sms-fan-out';
const BOX = 'sim-box-voice';
const HANDSET = 'handset-tac';

const PEER = '13800138000';
const LISTED = '4008001234';
const FAR = '530102';
/** Voice and messages are agreed, so that only the rule in question has something to say. */
const TALKS = { voice: 'yes', sms: 'yes' } as const;
const call: Partial<Use> = { service: 'voice', direction: 'mo', peer: PEER, voiceSeconds: 60 };
const message: Partial<Use> = { service: 'sms', direction: 'mo', peer: PEER };

const isCall = (card: { turnMs: number; turnDay: number }) => (use: Use) =>
  use.service === 'voice' && card.turnDay >= 0;
const calls = (change: Partial<Use>, hour = 10) =>
  addedFromTurn(day => further(day, hour, { ...call, ...change }));
const calledOnce = (change: Partial<Use>) => addedOnTurn(day => further(day, 10, { ...call, ...change }));
const boundTo = (card: { iccid: string; imeisv: string }) => ({
  bindings: [{ iccid: card.iccid, imei: deviceKey(card.imeisv) }],
});

const sensitive = () => ({ ...TALKS, sensitive_areas: '53' });
const inArea = { classes: ANY, needs: ['area', 'peer'] } as const;
const inHandset = { classes: ANY, needs: ['peer', 'call-device'], tac: MODELS.handset } as const;
const whitelist = () => ({ ...TALKS, voice_peers: LISTED });
const smsList =
  (more: Record<string, string> = {}) =>
  () => ({ ...TALKS, sms_peers: LISTED, ...more });
const fewMessages =
  (more: Record<string, string> = {}) =>
  () => ({ ...TALKS, sms_per_day: '3', ...more });
const fewPeers =
  (more: Record<string, string> = {}) =>
  () => ({ ...TALKS, sms_peers_per_day: '2', ...more });
const number = (i: number): string => `1390013900${i}`;
const FOUR = [0, 1, 2, 3].map(number).join(' ');
const boxed = () => ({ ...TALKS, sim_box_calls: '20', sim_box_minutes: '60' });
const abroad = (i: number): Partial<Use> => ({
  ...call,
  peer: `84912345${100 + i}`.padEnd(12, '7'),
  voiceSeconds: 400,
  cause: 'dropped',
});
/** The sixth message of a day is one too many of four, whatever day it is. */
const nth = (service: Use['service'], n: number) => () => {
  const days = new Map<number, number>();
  return (use: Use): boolean => {
    if (use.service !== service) return false;
    const day = Math.floor((use.atMs + 8 * 3_600_000) / 86_400_000);
    days.set(day, (days.get(day) ?? 0) + 1);
    return (days.get(day) ?? 0) >= n;
  };
};
const nthInMonth = (n: number) => () => {
  const months = new Map<number, number>();
  return (use: Use): boolean => {
    if (use.service !== 'voice') return false;
    const month = new Date(use.atMs + 8 * 3_600_000).getUTCMonth();
    months.set(month, (months.get(month) ?? 0) + 1);
    return (months.get(month) ?? 0) >= n;
  };
};

/** Calls and messages with numbers, in places, devices and amounts that nobody agreed to, and all that looks so. */
export const TALK_SCRIPTS: readonly Script[] = [
  misuse(VOICE, 'spoke-in-a-sensitive-area', {
    ...inArea,
    own: sensitive,
    also: ['sensitive-area'],
    uses: calls({ area: FAR }),
    watch: isCall,
  }),
  lookAlike(VOICE, 'emergency', 'called-for-help-there', {
    ...inArea,
    own: sensitive,
    uses: calledOnce({ area: FAR, peer: '120' }),
  }),
  lookAlike(VOICE, 'operator-message', 'called-the-operator-there', {
    ...inArea,
    own: () => ({ ...sensitive(), service_peers: '10086' }),
    uses: calledOnce({ area: FAR, peer: '10086' }),
  }),
  lookAlike(VOICE, 'area-agreed', 'speaks-where-agreed', {
    ...inArea,
    own: () => ({ ...sensitive(), areas: '5301' }),
    uses: calls({ area: FAR }),
  }),
  lookAlike(VOICE, null, 'speaks-with-a-listed-number-there', {
    ...inArea,
    own: () => ({ ...sensitive(), voice_peers: LISTED }),
    uses: calledOnce({ area: FAR, peer: LISTED }),
  }),
  misuse(HANDSET_VOICE, 'spoke-in-a-handset', {
    ...inHandset,
    own: () => TALKS,
    also: [HANDSET],
    begins: 'start',
    uses: calls({}),
    watch: isCall,
  }),
  lookAlike(HANDSET_VOICE, 'emergency', 'called-for-help-in-a-handset', {
    ...inHandset,
    classes: BENCH,
    own: () => ({ ...TALKS, handset: 'no' }),
    uses: calls({ peer: '110' }),
  }),
  lookAlike(HANDSET_VOICE, 'handset-agreed', 'speaks-in-an-agreed-handset', {
    ...inHandset,
    own: () => ({ ...TALKS, handset: 'yes' }),
    uses: calls({}),
  }),
  lookAlike(HANDSET_VOICE, 'bound-device', 'speaks-in-its-handset', {
    ...inHandset,
    own: () => ({ ...TALKS, handset: 'no' }),
    rows: boundTo,
    uses: calls({}),
  }),
  lookAlike(HANDSET_VOICE, 'bound-model', 'speaks-in-its-handset-model', {
    ...inHandset,
    own: () => ({ ...TALKS, handset: 'no', tacs: MODELS.handset }),
    uses: calls({}),
  }),
  misuse(SPOKEN, 'spoke-beyond-its-list', {
    classes: ANY,
    needs: ['peer'],
    own: whitelist,
    uses: calls({}),
    watch: isCall,
  }),
  lookAlike(SPOKEN, 'emergency', 'called-for-help-beyond-its-list', {
    classes: ANY,
    needs: ['peer'],
    own: whitelist,
    uses: calls({ peer: '119' }),
  }),
  lookAlike(SPOKEN, 'operator-message', 'called-the-operator', {
    classes: ANY,
    needs: ['peer'],
    own: () => ({ ...whitelist(), service_peers: '10010' }),
    uses: calls({ peer: '10010' }),
  }),
  lookAlike(SPOKEN, null, 'speaks-with-a-listed-number', {
    classes: ANY,
    needs: ['peer'],
    own: whitelist,
    uses: calls({ peer: LISTED }),
  }),
  misuse(WRITTEN, 'wrote-beyond-its-list', {
    classes: ANY,
    needs: ['peer'],
    own: smsList(),
    uses: addedFromTurn(day => further(day, 10, message)),
    watch: () => use => use.service === 'sms',
  }),
  lookAlike(WRITTEN, 'operator-message', 'programmed-beyond-its-list', {
    classes: ANY,
    needs: ['peer', 'operator-mark'],
    own: smsList(),
    uses: addedFromTurn(day =>
      further(day, 10, { ...message, direction: 'mt', peer: '10086', peerKind: 'operator' }),
    ),
  }),
  lookAlike(WRITTEN, 'emergency', 'wrote-for-help', {
    classes: ANY,
    needs: ['peer'],
    own: smsList(),
    uses: addedFromTurn(day => further(day, 10, { ...message, peer: '110' })),
  }),
  misuse(MANY, 'wrote-all-day', {
    classes: ANY,
    needs: ['peer'],
    own: fewMessages(),
    uses: addedFromTurn(day => further(day, 8, message, 6)),
    watch: nth('sms', 4),
  }),
  lookAlike(MANY, 'operator-messages', 'programmed-in-many-parts', {
    classes: ANY,
    needs: ['peer'],
    own: fewMessages({ service_peers: '10086' }),
    uses: addedFromTurn(day => further(day, 8, { ...message, direction: 'mt', peer: '10086' }, 6)),
  }),
  lookAlike(MANY, 'test-bench', 'writes-all-day-on-a-bench', {
    classes: BENCH,
    needs: ['peer'],
    own: fewMessages(),
    uses: addedFromTurn(day => further(day, 8, message, 6)),
  }),
  lookAlike(MANY, null, 'writes-as-much-as-it-may', {
    classes: ANY,
    needs: ['peer'],
    own: fewMessages(),
    uses: addedFromTurn(day => further(day, 8, message, 3)),
  }),
  misuse(FAN, 'wrote-to-many', {
    classes: ANY,
    needs: ['peer'],
    own: fewPeers(),
    uses: addedFromTurn(day => further(day, 9, i => ({ ...message, peer: number(i) }), 4)),
    watch: nth('sms', 3),
  }),
  lookAlike(FAN, 'own-numbers', 'alarm-writes-to-its-list', {
    classes: ANY,
    needs: ['peer'],
    own: fewPeers({ sms_peers: FOUR }),
    uses: addedFromTurn(day => further(day, 9, i => ({ ...message, peer: number(i) }), 4)),
  }),
  lookAlike(FAN, 'test-bench', 'writes-to-many-on-a-bench', {
    classes: BENCH,
    needs: ['peer'],
    own: fewPeers(),
    uses: addedFromTurn(day => further(day, 9, i => ({ ...message, peer: number(i) }), 4)),
  }),
  misuse(BOX, 'calls-as-a-box', {
    classes: ANY,
    needs: ['peer', 'cause'],
    own: boxed,
    uses: addedFromTurn(day => further(day, 8, abroad, 12, 30)),
    watch: nthInMonth(21),
  }),
  lookAlike(BOX, 'emergency', 'calls-for-help-at-night', {
    classes: ANY,
    needs: ['peer', 'cause'],
    own: boxed,
    uses: addedFromTurn(day => further(day, 0, i => ({ ...abroad(i), peer: '120' }), 12, 20)),
  }),
  lookAlike(BOX, 'test-bench', 'calls-as-a-box-on-a-bench', {
    classes: BENCH,
    needs: ['peer', 'cause'],
    own: boxed,
    uses: addedFromTurn(day => further(day, 8, abroad, 12, 30)),
  }),
  lookAlike(BOX, null, 'many-short-calls', {
    classes: ANY,
    needs: ['peer', 'cause'],
    own: boxed,
    uses: addedFromTurn(day => further(day, 8, i => ({ ...abroad(i), voiceSeconds: 9 }), 12, 30)),
  }),
];
