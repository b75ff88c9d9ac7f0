/**
 * Writes BER (ITU-T X.690), definite lengths; all that TAP files and records of gateways need. Tags are of class
 * `application`, as every tag of GSMA TD.57 is, unless another is named.
 */

/** Classes of tags by their bits (§8.1.2.2). */
const APPLICATION = 0x40;
export const [UNIVERSAL, CONTEXT] = [0x00, 0x80];

/** A constructed element. */
export function sequence(tag: number, parts: readonly Uint8Array[], classBits = APPLICATION): Buffer {
  return element(tag, true, Buffer.concat(parts), classBits);
}

/** An element of bytes. */
export function primitive(tag: number, content: Uint8Array, classBits = APPLICATION): Buffer {
  return element(tag, false, Buffer.from(content), classBits);
}

/** Visible characters. */
export function characters(tag: number, text: string): Buffer {
  return element(tag, false, Buffer.from(text, 'latin1'));
}

/** An INTEGER in as few octets as it needs (§8.3). */
export function integer(tag: number, value: number, classBits = APPLICATION): Buffer {
  const wanted = BigInt(value);
  let size = 1;
  while (BigInt.asIntN(8 * size, wanted) !== wanted) size += 1;
  const hex = BigInt.asUintN(8 * size, wanted).toString(16);
  return element(tag, false, Buffer.from(hex.padStart(2 * size, '0'), 'hex'), classBits);
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

function element(tag: number, isConstructed: boolean, content: Buffer, classBits = APPLICATION): Buffer {
  return Buffer.concat([identifier(tag, isConstructed, classBits), lengthOf(content.length), content]);
}

function identifier(tag: number, isConstructed: boolean, classBits = APPLICATION): Buffer {
  const lead = classBits | (isConstructed ? 0x20 : 0);
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
