/**
 * Country codes whose networks all have three-digit network codes, and those that hold both lengths: facts
 * of ITU-T E.212 assignments (Operational Bulletins), written down for splitting an IMSI. Everything else
 * that is assigned has two digits.
 */
const THREE_DIGITS = new Set(
  '302 310 311 312 313 314 315 316 334 342 346 348 352 354 365 366 708 722 732 750'.split(' '),
);
const BOTH_LENGTHS = new Set('001 330 338 344 350 356 358 360 374 376 405 467 502 714 901'.split(' '));
const ASSIGNED_FIRST_DIGITS = /^[2-7]/;

export interface Plmn {
  readonly mcc: string;
  readonly mnc: string;
  /** MCC and MNC joined: five or six digits. */
  readonly plmn: string;
}

/** How many digits the MNC of this country has; null when that cannot be told from the MCC alone. */
export function mncLength(mcc: string): 2 | 3 | null {
  if (BOTH_LENGTHS.has(mcc)) return null;
  if (THREE_DIGITS.has(mcc)) return 3;
  return ASSIGNED_FIRST_DIGITS.test(mcc) ? 2 : null;
}

/** Reads a joined MCC and MNC, `23806` or `310-260`: its own length says how long the MNC is. */
export function readPlmn(raw: string): Plmn | { readonly fault: 'not-plmn' } {
  const known = seen.get(raw);
  if (known !== undefined) return known;
  const read = plmnIn(raw);
  // The world has some two thousand networks; a file that names more of them is not helped by a longer memory.
  if (seen.size < 4_096 && raw.length <= 16) seen.set(raw, read);
  return read;
}

const seen = new Map<string, ReturnType<typeof plmnIn>>();

function plmnIn(raw: string): Plmn | { readonly fault: 'not-plmn' } {
  const digits = raw.trim().replace(/[\s\-/]/g, '');
  if (!/^\d{5,6}$/.test(digits)) return { fault: 'not-plmn' };
  return joined(digits.slice(0, 3), digits.slice(3));
}

/** Puts MCC and MNC together; both are text, so `01` and `001` stay apart. */
export function joined(mcc: string, mnc: string): Plmn {
  return { mcc, mnc, plmn: mcc + mnc };
}

/**
 * An MNC that a source sends as a number (Soracom): padded to the length its country uses. `uncertain` when
 * the number cannot tell `01` from `001`.
 */
export function mncFromNumber(
  mnc: number,
  mcc: string,
): { readonly mnc: string; readonly uncertain: boolean } {
  const length = mncLength(mcc);
  if (mnc >= 100) return { mnc: String(mnc), uncertain: false };
  return { mnc: String(mnc).padStart(length ?? 2, '0'), uncertain: length === null };
}

/**
 * The three bytes of a PLMN on the wire (3GPP TS 24.008 §10.5.1.3): MCC2‖MCC1, MNC3‖MCC3, MNC2‖MNC1, with
 * MNC3 = F for a two-digit MNC. Null when a nibble is no digit.
 */
export function decodePlmn(bytes: Uint8Array): Plmn | null {
  const [a, b, c] = bytes;
  if (a === undefined || b === undefined || c === undefined) return null;
  const mcc = `${nibble(a & 15)}${nibble(a >> 4)}${nibble(b & 15)}`;
  const third = b >> 4 === 15 ? '' : nibble(b >> 4);
  const mnc = `${nibble(c & 15)}${nibble(c >> 4)}${third}`;
  return /^\d{5,6}$/.test(mcc + mnc) ? joined(mcc, mnc) : null;
}

/** The wire form of a PLMN as six hex digits. */
export function encodePlmn(mcc: string, mnc: string): string {
  const third = mnc.length === 3 ? mnc.charAt(2) : 'F';
  return `${mcc.charAt(1)}${mcc.charAt(0)}${third}${mcc.charAt(2)}${mnc.charAt(1)}${mnc.charAt(0)}`;
}

function nibble(value: number): string {
  return value.toString(16);
}

/** Shared network codes belong to no country (cards.md §2.1): region rules must not take them for one. */
export function hasNoCountry(mcc: string): boolean {
  return mcc === '901';
}
