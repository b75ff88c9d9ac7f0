import { brief } from '../../../kernel/brief.ts';
import type { UsageBody } from '../model.ts';
import { readImei } from './imei.ts';
import { type Plmn, readPlmn } from './plmn.ts';

/**
 * Puts what an IMEI or IMEISV states into the body and returns flags. What names a device in another way (a MEID, a number
 * of its maker) is kept as it came, and no IMEI is made of it (CR-09).
 */
export function putImei(body: UsageBody, raw: string): string[] {
  const imei = readImei(raw);
  if ('fault' in imei) {
    if (imei.fault === 'all-zero') return ['imei-not-reported'];
    const said = raw.trim();
    if (/^[^\p{Cc}\p{Cs}]+$/u.test(said)) body.deviceId = brief(said);
    return ['imei-unreadable'];
  }
  body.imei = imei.key;
  body.tac = imei.tac;
  if (imei.svn !== null) body.imeisvSvn = imei.svn;
  return imei.luhn === 'bad' ? ['imei-luhn-bad'] : [];
}

/** As `putImei`, from bare digits of which it is known that they are an IMEI or IMEISV without a fault or flag. */
export function putImeiDigits(body: UsageBody, digits: string): void {
  const tac = digits.slice(0, 8);
  body.imei = tac + digits.slice(8, 14);
  body.tac = tac;
  if (digits.length === 16) body.imeisvSvn = digits.slice(14);
}

/** Puts a network into the body: joined and apart. */
export function putPlmn(body: UsageBody, plmn: Plmn): void {
  body.mcc = plmn.mcc;
  body.mnc = plmn.mnc;
  body.plmn = plmn.plmn;
}

/** As `putPlmn`, from a joined text; returns a flag when it is no PLMN. */
export function putPlmnText(body: UsageBody, raw: string): string[] {
  const plmn = readPlmn(raw);
  if ('fault' in plmn) return ['plmn-unreadable'];
  putPlmn(body, plmn);
  return [];
}

/** The total of both directions, only when both are stated (C-21). */
export function putTotal(body: UsageBody): void {
  if (typeof body.bytesUp !== 'number' || typeof body.bytesDown !== 'number') return;
  const total = body.bytesUp + body.bytesDown;
  if (Number.isSafeInteger(total)) body.bytes = total;
}
