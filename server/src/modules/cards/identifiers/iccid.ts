import { type CheckDigit, luhnCheck } from './luhn.ts';

/** Why an ICCID could not be read. `damaged-number`: a spreadsheet has rounded it (CR-01). */
export type IccidFault = 'empty' | 'damaged-number' | 'not-hex' | 'length' | 'no-digits';

export interface Iccid {
  /** As it came. */
  readonly raw: string;
  /** Upper case, no separators, no `F` padding at the ends: 18 to 22 characters. */
  readonly canonical: string;
  /** What cards are compared by: the canonical form, less a 20th character that is the Luhn digit of the 19 before it. */
  readonly key: string;
  readonly luhn: CheckDigit;
  /** Who issued the card, as a hint with its confidence, or null; an unknown issuer never blocks (CR-07). */
  readonly issuerHint: IssuerHint | null;
}

export interface IssuerHint {
  readonly prefix: string;
  readonly name: string;
  readonly confidence: 'low';
}

/** A number with a point or an exponent: fifteen digits were kept and the rest is gone. */
const DAMAGED = /^[+-]?\d+(\.\d*)?[eE][+-]\d+$|^\d+\.\d*([eE]\d+)?$/;

/**
 * Reads an ICCID as modems, portals and printed cards write it (cards.md §2.1; ITU-T E.118, 3GPP TS 31.102
 * §4.2.2 EF_ICCID): 18 to 22 characters, hexadecimal letters kept, padding stripped at the ends only.
 *
 * A 20-character number is shortened by its check digit; a 19-digit one never is, since one in ten of those
 * passes by chance (CR-04). The check digit is a flag (C-12).
 */
export function readIccid(raw: string): Iccid | { readonly fault: IccidFault } {
  const text = raw.trim();
  if (text === '') return { fault: 'empty' };
  if (DAMAGED.test(text)) return { fault: 'damaged-number' };
  const canonical = text
    .replace(/[\s-]/g, '')
    .toUpperCase()
    .replace(/^F+|F+$/g, '');
  if (canonical === '') return { fault: 'no-digits' };
  if (!/^[0-9A-F]+$/.test(canonical)) return { fault: 'not-hex' };
  if (canonical.length < 18 || canonical.length > 22) return { fault: 'length' };
  if (/^0+$/.test(canonical)) return { fault: 'no-digits' };
  const luhn = luhnCheck(canonical);
  const endsInCheckDigit = canonical.length === 20 && luhn === 'ok';
  const key = endsInCheckDigit ? canonical.slice(0, 19) : canonical;
  return { raw, canonical, key, luhn, issuerHint: issuerOf(canonical) };
}

/** Ten bytes of EF_ICCID as hex: nibbles swapped, unused nibbles `F` (3GPP TS 31.102 §4.2.2). Null when it does not fit. */
export function efIccid(canonical: string): string | null {
  if (canonical.length > 20) return null;
  const padded = canonical.padEnd(20, 'F');
  return padded.replace(/(.)(.)/g, '$2$1').toUpperCase();
}

/** The characters of EF_ICCID given as 20 hex digits, padding included. */
export function fromEfIccid(hexBytes: string): string {
  return hexBytes.replace(/(.)(.)/g, '$2$1').toUpperCase();
}

/**
 * Prefixes in common use in mainland China (cards.md §2.1, unverified there; the ITU's list names one of
 * them for another operator), which is why the confidence is always low.
 */
const ISSUERS: readonly (readonly [string, string])[] = [
  ['898600', 'China Mobile'],
  ['898602', 'China Mobile'],
  ['898604', 'China Mobile'],
  ['898607', 'China Mobile'],
  ['898601', 'China Unicom'],
  ['898606', 'China Unicom'],
  ['898609', 'China Unicom'],
  ['898603', 'China Telecom'],
  ['898611', 'China Telecom'],
];

function issuerOf(canonical: string): IssuerHint | null {
  if (/[A-F]/.test(canonical)) return null;
  const found = ISSUERS.find(([prefix]) => canonical.startsWith(prefix));
  return found === undefined ? null : { prefix: found[0], name: found[1], confidence: 'low' };
}
