/**
 * RADIUS packets on the wire (RFC 2865 §3, §5; RFC 2866 §3; RFC 5176 §3), read with distrust and written with bounds.
 */

/** Codes this side sends or understands. */
export const CODES = {
  accountingRequest: 4,
  accountingResponse: 5,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const;

/** RFC 2865 §3: the least and the most a packet may be, header included. */
export const LEAST_BYTES = 20;
export const MOST_BYTES = 4_096;
/** A packet of more attributes than this is no accounting anybody sends. */
const MOST_ATTRIBUTES = 512;
const VENDOR_SPECIFIC = 26;

export interface Attribute {
  readonly type: number;
  /** The vendor of a vendor's attribute (RFC 2865 §5.26); `type` is then the vendor's own. */
  readonly vendor?: number;
  readonly value: Buffer;
}

export interface Packet {
  readonly code: number;
  readonly id: number;
  /** Sixteen bytes. */
  readonly authenticator: Buffer;
  readonly attributes: readonly Attribute[];
  /** The packet's own bytes, without padding behind its length (RFC 2865 §3). */
  readonly bytes: Buffer;
}

export type PacketFault =
  | 'too-short'
  | 'length-false'
  | 'too-long'
  | 'attribute-false'
  | 'too-many-attributes';

/** Reads a datagram; what is behind the packet's own length is padding and is left out. Never throws. */
export function readPacket(datagram: Buffer): Packet | { readonly fault: PacketFault } {
  if (datagram.length < LEAST_BYTES) return { fault: 'too-short' };
  const length = datagram.readUInt16BE(2);
  if (length > MOST_BYTES) return { fault: 'too-long' };
  if (length < LEAST_BYTES || length > datagram.length) return { fault: 'length-false' };
  const bytes = datagram.subarray(0, length);
  const attributes: Attribute[] = [];
  for (let at = LEAST_BYTES; at < length; ) {
    const size = at + 1 < length ? bytes.readUInt8(at + 1) : 0;
    if (size < 2 || at + size > length) return { fault: 'attribute-false' };
    const type = bytes.readUInt8(at);
    const value = bytes.subarray(at + 2, at + size);
    if (type === VENDOR_SPECIFIC) attributes.push(...vendorAttributes(value));
    else attributes.push({ type, value });
    if (attributes.length > MOST_ATTRIBUTES) return { fault: 'too-many-attributes' };
    at += size;
  }
  return {
    code: bytes.readUInt8(0),
    id: bytes.readUInt8(1),
    authenticator: bytes.subarray(4, 20),
    attributes,
    bytes,
  };
}

/**
 * What a vendor packed into one attribute. RFC 2865 §5.26 only recommends the form of type, length and value: a
 * vendor that packs otherwise is kept whole under type 0, and is no fault of the packet.
 */
function vendorAttributes(value: Buffer): Attribute[] {
  if (value.length < 4) return [{ type: VENDOR_SPECIFIC, value }];
  const vendor = value.readUInt32BE(0);
  const found: Attribute[] = [];
  for (let at = 4; at < value.length; ) {
    const size = at + 1 < value.length ? value.readUInt8(at + 1) : 0;
    if (size < 2 || at + size > value.length) return [{ type: 0, vendor, value: value.subarray(4) }];
    found.push({ type: value.readUInt8(at), vendor, value: value.subarray(at + 2, at + size) });
    at += size;
  }
  return found;
}

/** The first value of an attribute without vendor, or undefined. */
export function firstOf(packet: Packet, type: number): Buffer | undefined {
  return packet.attributes.find(each => each.type === type && each.vendor === undefined)?.value;
}

/**
 * A packet's bytes with the authenticator given. Throws a RangeError for a value longer than an attribute holds
 * and for a packet longer than `MOST_BYTES`: both are faults of the caller.
 */
export function writePacket(
  code: number,
  id: number,
  authenticator: Uint8Array,
  attributes: readonly Attribute[],
): Buffer {
  const parts = attributes.map(writeAttribute);
  const length = LEAST_BYTES + parts.reduce((sum, part) => sum + part.length, 0);
  if (length > MOST_BYTES) throw new RangeError('the packet is too long');
  const head = Buffer.alloc(LEAST_BYTES);
  head.writeUInt8(code, 0);
  head.writeUInt8(id, 1);
  head.writeUInt16BE(length, 2);
  head.set(authenticator.subarray(0, 16), 4);
  return Buffer.concat([head, ...parts], length);
}

function writeAttribute({ type, vendor, value }: Attribute): Buffer {
  const inner = Buffer.concat([Buffer.from([type, value.length + 2]), value]);
  if (value.length > (vendor === undefined ? 253 : 247)) throw new RangeError('the attribute is too long');
  if (vendor === undefined) return inner;
  const head = Buffer.from([VENDOR_SPECIFIC, inner.length + 6, 0, 0, 0, 0]);
  head.writeUInt32BE(vendor, 2);
  return Buffer.concat([head, inner]);
}

export function textAttribute(type: number, text: string): Attribute {
  return { type, value: Buffer.from(text, 'utf8').subarray(0, 253) };
}

export function numberAttribute(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return { type, value: bytes };
}
