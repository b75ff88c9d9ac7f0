export type MsisdnFault = 'empty' | 'damaged-number' | 'not-e164' | 'length';

export interface Msisdn {
  readonly raw: string;
  /** Digits of the international number without `+`: 5 to 15 of them. */
  readonly digits: string;
}

/**
 * Reads an E.164 number with or without `+`. A number in national form (leading zero) names nobody outside
 * its country and is a fault. Senders of short messages may be words and are never read with this.
 */
export function readMsisdn(raw: string): Msisdn | { readonly fault: MsisdnFault } {
  const text = raw.trim();
  if (text === '') return { fault: 'empty' };
  if (/^\d+(\.\d*)?[eE][+-]?\d+$/.test(text)) return { fault: 'damaged-number' };
  const digits = text.replace(/^\+/, '').replace(/[\s\-()]/g, '');
  if (!/^[1-9]\d*$/.test(digits)) return { fault: 'not-e164' };
  if (digits.length < 5 || digits.length > 15) return { fault: 'length' };
  return { raw, digits };
}
