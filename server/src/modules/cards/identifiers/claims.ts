import { readEid } from './eid.ts';
import { readIccid } from './iccid.ts';
import { readImsi } from './imsi.ts';
import { readMsisdn } from './msisdn.ts';

/** Kinds of identifier that name a card, in the order in which a record's subject is chosen. */
export const CLAIM_KINDS = ['iccid', 'imsi', 'eid', 'msisdn'] as const;
export type ClaimKind = (typeof CLAIM_KINDS)[number];

export type ClaimReading =
  | { readonly claim: string; readonly flags: readonly string[] }
  | { readonly fault: string };

/** The canonical claim of one identifier, `iccid:8945…`, or why there is none; check digits become flags. */
export function readClaim(kind: ClaimKind, raw: string): ClaimReading {
  switch (kind) {
    case 'iccid': {
      const iccid = readIccid(raw);
      if ('fault' in iccid) return iccid;
      return { claim: `iccid:${iccid.key}`, flags: iccid.luhn === 'bad' ? ['iccid-luhn-bad'] : [] };
    }
    case 'imsi': {
      const imsi = readImsi(raw);
      return 'fault' in imsi ? imsi : { claim: `imsi:${imsi.digits}`, flags: [] };
    }
    case 'eid': {
      const eid = readEid(raw);
      if ('fault' in eid) return eid;
      return { claim: `eid:${eid.digits}`, flags: eid.check === 'bad' ? ['eid-check-bad'] : [] };
    }
    case 'msisdn': {
      const msisdn = readMsisdn(raw);
      return 'fault' in msisdn ? msisdn : { claim: `msisdn:${msisdn.digits}`, flags: [] };
    }
  }
}

/**
 * The claims that a name as people write it may stand for: with its kind (`imsi:460…`) that one, bare every kind whose
 * form it has. Which of them names a card, the registry tells.
 */
export function claimsOf(name: string): readonly string[] {
  const [, told, rest] = /^([a-z]+):(.+)$/i.exec(name.trim()) ?? [];
  const kinds = told === undefined ? CLAIM_KINDS : CLAIM_KINDS.filter(kind => kind === told.toLowerCase());
  return kinds.flatMap(kind => {
    const reading = readClaim(kind, rest ?? name.trim());
    return 'claim' in reading ? [reading.claim] : [];
  });
}
