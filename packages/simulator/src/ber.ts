/**
 * Writes BER (ITU-T X.690), definite lengths; all that a TAP file needs. Tags are of class `application`, as every
 * tag of GSMA TD.57 is.
 */

/** A constructed element. */
export function sequence(tag: number, parts: readonly Uint8Array[]): Buffer {
  return element(tag, true, Buffer.concat(parts));
}

/** Visible characters. */
export function characters(tag: number, text: string): Buffer {
  return element(tag, false, Buffer.from(text, 'latin1'));
}

/** An INTEGER in as few octets as it needs (§8.3). */
export function integer(tag: number, value: number): Buffer {
  const wanted = BigInt(value);
  let size = 1;
  while (BigInt.asIntN(8 * size, wanted) !== wanted) size += 1;
  const hex = BigInt.asUintN(8 * size, wanted).toString(16);
  return element(tag, false, Buffer.from(hex.padStart(2 * size, '0'), 'hex'));
}

/** Digits two to an octet, the first in the high half, an odd number filled up with F (TD.57, BCDString). */
export function digits(tag: number, text: string): Buffer {
  return element(tag, false, Buffer.from(text.length % 2 === 0 ? text : `${text}f`, 'hex'));
}

/** The head of a constructed element whose end is told by `CLOSE` (§8.1.3.6), so that it is written as it comes. */
export function opening(tag: number): Buffer {
  return Buffer.concat([identifier(tag, true), Buffer.of(0x80)]);
}

export const CLOSE = Buffer.of(0, 0);

function element(tag: number, isConstructed: boolean, content: Buffer): Buffer {
  return Buffer.concat([identifier(tag, isConstructed), lengthOf(content.length), content]);
}

function identifier(tag: number, isConstructed: boolean): Buffer {
  const lead = isConstructed ? 0x60 : 0x40;
  return tag < 31 ? Buffer.of(lead | tag) : Buffer.of(lead | 31, ...base(tag, 128, 0x80));
}

function lengthOf(length: number): Buffer {
  if (length < 128) return Buffer.of(length);
  const octets = base(length, 256, 0);
  return Buffer.of(0x80 | octets.length, ...octets);
}

/** The places of a number, the highest first; every one but the last is marked. */
function base(value: number, of: number, mark: number): number[] {
  const places = [value % of];
  for (let rest = Math.floor(value / of); rest > 0; rest = Math.floor(rest / of))
    places.unshift((rest % of) | mark);
  return places;
}
