import { Refusal } from '../../../../kernel/refusal.ts';

/** Why a carrier could not be asked; each leaves an order to be sent again. No detail holds a card or a secret. */
export type CarrierCode =
  /** No answer, or a fault of theirs: open whether an order was carried out. */
  | 'provider-unreachable'
  | 'provider-answer-unreadable'
  /** They asked to be left alone for a while. */
  | 'provider-busy'
  | 'provider-sign-in-refused'
  | 'provider-card-unknown';

export const CARRIER_CODES: readonly CarrierCode[] = [
  'provider-unreachable',
  'provider-answer-unreadable',
  'provider-busy',
  'provider-sign-in-refused',
  'provider-card-unknown',
];

export function carrierRefusal(
  code: CarrierCode,
  detail: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): Refusal<CarrierCode> {
  return new Refusal<CarrierCode>(code, { detail, cause });
}

/** A word of theirs as far as it may stand in a ledger: short, without spaces, letters, digits and marks of names. */
export function plainWord(text: unknown): string {
  const word = String(text ?? '')
    .trim()
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/\d{11,}/g, 'N');
  return word.slice(0, 40) || 'none';
}
