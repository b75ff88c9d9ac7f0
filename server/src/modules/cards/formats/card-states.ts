import { brief } from '../../../kernel/brief.ts';
/**
 * States of cards as platforms name them, brought to one list (cards.md §3.13): what is not in a platform's table is
 * kept as it came and is `unknown` here (C-23). A stop has a reason: the platform's code stays beside our class of it.
 */
export type CardState =
  | 'stock'
  | 'testable'
  | 'awaiting-activation'
  | 'active'
  | 'stopped'
  | 'pre-cancelled'
  | 'cancelled'
  | 'unknown';

export type StopReason =
  | 'voluntary'
  | 'volume'
  | 'expiry'
  | 'violation'
  | 'separation'
  | 'real-name'
  | 'fault'
  | 'unknown';

/** `code` to state, and for stops to the class of their reason after a colon. */
export type StateTable = Readonly<Record<string, string>>;

/** Fields that tell a state; `statusType` holds the code where it is not known, so that it is seen and counted. */
export function stateFields(table: StateTable, code: string): Record<string, string> {
  const key = code.trim().toLowerCase();
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  if (found === undefined)
    return {
      cardState: 'unknown',
      providerState: brief(code),
      statusType: `state ${code.slice(0, 56)}`,
    };
  const [cardState = 'unknown', stopReason] = found.split(':');
  return { cardState, providerState: brief(code), ...(stopReason === undefined ? {} : { stopReason }) };
}

export const isUnknownState = (fields: Readonly<Record<string, string>>): boolean =>
  fields['cardState'] === 'unknown';

/** The dictionary of a Chinese card platform, 36 codes (cards.md §3.13); 21 has no group there and so is unknown. */
export const CHINESE_STATES: StateTable = {
  1: 'stock',
  17: 'stock',
  18: 'stock',
  24: 'stock',
  2: 'testable',
  3: 'awaiting-activation',
  13: 'awaiting-activation',
  19: 'awaiting-activation',
  4: 'active',
  5: 'stopped:unknown',
  9: 'stopped:unknown',
  14: 'stopped:expiry',
  15: 'stopped:voluntary',
  16: 'stopped:separation',
  22: 'stopped:violation',
  23: 'stopped:unknown',
  29: 'stopped:unknown',
  31: 'stopped:fault',
  32: 'stopped:real-name',
  33: 'stopped:volume',
  34: 'stopped:unknown',
  35: 'stopped:expiry',
  6: 'pre-cancelled',
  10: 'pre-cancelled',
  7: 'cancelled',
  11: 'cancelled',
  12: 'cancelled',
  20: 'cancelled',
  25: 'cancelled',
  26: 'cancelled',
  27: 'cancelled',
  28: 'cancelled',
  30: 'cancelled',
  36: 'cancelled',
};
