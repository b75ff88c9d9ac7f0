import { mncLength } from './plmn.ts';

export type ImsiFault = 'empty' | 'damaged-number' | 'not-digits' | 'length';

export interface Imsi {
  readonly raw: string;
  readonly digits: string;
  readonly mcc: string;
  /** Null when the country has networks with both two and three digits, or is not assigned. */
  readonly mnc: string | null;
  readonly isMncUncertain: boolean;
}

/** Reads an IMSI: 6 to 15 digits, MCC, MNC of two or three digits, MSIN (3GPP TS 23.003 §2.2). Padding `F` at the end is stripped. */
export function readImsi(raw: string): Imsi | { readonly fault: ImsiFault } {
  const text = raw.trim();
  if (text === '') return { fault: 'empty' };
  if (/[eE.][+-]?\d+$/.test(text)) return { fault: 'damaged-number' };
  const digits = text.replace(/[Ff]+$/, '');
  if (!/^\d+$/.test(digits)) return { fault: 'not-digits' };
  if (digits.length < 6 || digits.length > 15) return { fault: 'length' };
  const mcc = digits.slice(0, 3);
  const length = mncLength(mcc);
  const mnc = length === null ? null : digits.slice(3, 3 + length);
  return { raw, digits, mcc, mnc, isMncUncertain: mnc === null };
}
