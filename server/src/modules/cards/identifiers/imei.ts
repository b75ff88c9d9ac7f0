import { type CheckDigit, luhnCheck, luhnDigit } from './luhn.ts';

/** Why an IMEI could not be read. `meid`: a hexadecimal device identifier of another kind (CR-09). */
export type ImeiFault = 'empty' | 'damaged-number' | 'meid' | 'not-digits' | 'length' | 'all-zero';

export interface Imei {
  readonly raw: string;
  /** The 14 digits devices are compared by: TAC and serial number (3GPP TS 23.003 §6.2). */
  readonly key: string;
  readonly tac: string;
  readonly form: 'imei-14' | 'imei' | 'imeisv';
  /** Software version of an IMEISV, two digits; a change of it is a firmware update, not another device. */
  readonly svn: string | null;
  /** Of the printed form. On the wire the 15th digit is spare and sent as 0, which is no wrong check digit. */
  readonly luhn: CheckDigit;
}

/**
 * Reads an IMEI of 14 or 15 digits or an IMEISV of 16, with or without separators (`35-209900-176148-1`).
 *
 * Leading zeros are part of it (CR-08): a number of 13 digits is refused, not padded. Sixteen zeros mean that
 * no device was reported, which is not a device.
 */
export function readImei(raw: string): Imei | { readonly fault: ImeiFault } {
  const text = raw.trim();
  if (text === '') return { fault: 'empty' };
  if (/^[+-]?\d+(\.\d*)?[eE][+-]?\d+$|^\d+\.\d{1,3}$/.test(text)) return { fault: 'damaged-number' };
  const digits = text.replace(/[\s\-/.]/g, '');
  if (/^[0-9A-Fa-f]{14}$/.test(digits) && /[A-Fa-f]/.test(digits)) return { fault: 'meid' };
  if (!/^\d+$/.test(digits)) return { fault: 'not-digits' };
  if (digits.length < 14 || digits.length > 16) return { fault: 'length' };
  if (/^0+$/.test(digits)) return { fault: 'all-zero' };
  const key = digits.slice(0, 14);
  const tac = key.slice(0, 8);
  if (digits.length === 14) return { raw, key, tac, form: 'imei-14', svn: null, luhn: 'not-applicable' };
  if (digits.length === 16) {
    return { raw, key, tac, form: 'imeisv', svn: digits.slice(14), luhn: 'not-applicable' };
  }
  const checked = luhnCheck(digits);
  const luhn = checked === 'bad' && digits.endsWith('0') ? 'not-applicable' : checked;
  return { raw, key, tac, form: 'imei', svn: null, luhn };
}

/** The 15 digits as printed on the device, from the 14-digit key. */
export function printedImei(key: string): string {
  return key + luhnDigit(key);
}
