export type EidFault = 'empty' | 'damaged-number' | 'not-digits' | 'length';

export interface Eid {
  readonly raw: string;
  readonly digits: string;
  /** `bad` is a flag: the card is kept (C-12). */
  readonly check: 'ok' | 'bad';
}

/** Reads an EID: 32 digits of which the whole, modulo 97, is 1 (GSMA SGP.29 §10). */
export function readEid(raw: string): Eid | { readonly fault: EidFault } {
  const text = raw.trim();
  if (text === '') return { fault: 'empty' };
  if (/[eE.][+-]?\d+$/.test(text)) return { fault: 'damaged-number' };
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d+$/.test(digits)) return { fault: 'not-digits' };
  if (digits.length !== 32) return { fault: 'length' };
  return { raw, digits, check: BigInt(digits) % 97n === 1n ? 'ok' : 'bad' };
}

/** The two check digits for the first thirty: 98 − (number with two zeros appended, modulo 97), with leading zero. */
export function eidCheckDigits(first30: string): string {
  return String(98n - (BigInt(`${first30}00`) % 97n)).padStart(2, '0');
}
