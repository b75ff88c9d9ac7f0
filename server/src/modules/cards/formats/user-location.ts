import { decodePlmn, type Plmn } from '../identifiers/plmn.ts';

export interface UserLocation {
  readonly plmn: Plmn;
  /** Area and cell as decimal numbers joined by `-`, in front of them what they are: `cgi-3505-7182`. */
  readonly cell: string | null;
}

/** Fields behind the PLMN by geographic location type (3GPP TS 29.061 §16.4.7.2, TS 29.274 §8.21): name and octets of each. */
const KINDS: Readonly<Record<number, { name: string; widths: readonly number[] }>> = {
  0: { name: 'cgi', widths: [2, 2] },
  1: { name: 'sai', widths: [2, 2] },
  2: { name: 'rai', widths: [2, 2] },
  128: { name: 'tai', widths: [2] },
  129: { name: 'ecgi', widths: [4] },
};

/**
 * Decodes 3GPP-User-Location-Info: a type, the PLMN of three bytes, then area and cell. For TAI with ECGI the
 * cell of the second part is meant. Null when it is too short or of a type not listed.
 */
export function decodeUserLocation(bytes: Uint8Array): UserLocation | null {
  const type = bytes[0];
  if (type === undefined) return null;
  if (type === 130) {
    const second = decodeUserLocation(Uint8Array.of(129, ...bytes.subarray(6)));
    return second ?? decodeUserLocation(Uint8Array.of(128, ...bytes.subarray(1, 6)));
  }
  const kind = KINDS[type];
  const plmn = decodePlmn(bytes.subarray(1, 4));
  if (kind === undefined || plmn === null) return null;
  const numbers: number[] = [];
  let at = 4;
  for (const width of kind.widths) {
    if (at + width > bytes.length) return { plmn, cell: null };
    numbers.push(Buffer.from(bytes.subarray(at, at + width)).readUIntBE(0, width));
    at += width;
  }
  if (type === 129) numbers[0] = (numbers[0] as number) % 2 ** 28;
  return { plmn, cell: [kind.name, ...numbers].join('-') };
}

/** The attribute's value as FreeRADIUS prints octets, `0x8262f210…`. */
export function userLocationFromText(text: string): UserLocation | null {
  const digits = /^0x((?:[0-9a-fA-F]{2})+)$/.exec(text.trim());
  return digits === null ? null : decodeUserLocation(Buffer.from(digits[1] as string, 'hex'));
}
