import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Attribute, LEAST_BYTES, type Packet, writePacket } from './packet.ts';

/** RFC 3579 §3.2 (RFC 2869 §5.14): HMAC-MD5 over the packet, its own sixteen bytes taken as zero. */
export const MESSAGE_AUTHENTICATOR = 80;
const ZEROS = Buffer.alloc(16);

/**
 * What an authenticator of these packets is, and why there are two: the request and response authenticators are MD5
 * over packet and secret (RFC 2866 §3), which the collision of CVE-2024-3596 (BlastRADIUS) showed can be forged for
 * responses; the Message-Authenticator is an HMAC and cannot. MD5 and HMAC are OpenSSL's.
 */
function authenticatorOver(bytes: Buffer, second: Uint8Array, secret: Buffer): Buffer {
  return createHash('md5')
    .update(bytes.subarray(0, 4))
    .update(second)
    .update(bytes.subarray(LEAST_BYTES))
    .update(secret)
    .digest();
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether an Accounting-, Disconnect- or CoA-Request was made by who holds the secret (RFC 2866 §3, RFC 5176 §2.3). */
export function isRequestOf(packet: Packet, secret: Buffer): boolean {
  return equal(packet.authenticator, authenticatorOver(packet.bytes, ZEROS, secret));
}

/** Whether a response answers the request with that authenticator and was made by who holds the secret. */
export function isResponseTo(packet: Packet, requestAuthenticator: Buffer, secret: Buffer): boolean {
  return equal(packet.authenticator, authenticatorOver(packet.bytes, requestAuthenticator, secret));
}

/**
 * What a packet's Message-Authenticator proves. `second` is what stands in the place of the authenticator while it is
 * worked out: zeros for these requests (RFC 5176 §3, note 5), the request's authenticator for their responses.
 */
export function messageAuthenticatorOf(
  packet: Packet,
  second: Uint8Array,
  secret: Buffer,
): 'absent' | 'good' | 'bad' {
  const places = placesOf(packet.bytes);
  if (places.length === 0) return 'absent';
  const [place] = places;
  if (places.length > 1 || place === undefined || place.size !== 18) return 'bad';
  const copy = Buffer.from(packet.bytes);
  copy.set(second, 4);
  const stated = Buffer.from(copy.subarray(place.at + 2, place.at + 18));
  copy.fill(0, place.at + 2, place.at + 18);
  return equal(stated, createHmac('md5', secret).update(copy).digest()) ? 'good' : 'bad';
}

function placesOf(bytes: Buffer): Array<{ readonly at: number; readonly size: number }> {
  const places: Array<{ at: number; size: number }> = [];
  for (let at = LEAST_BYTES; at + 1 < bytes.length; at += bytes.readUInt8(at + 1))
    if (bytes.readUInt8(at) === MESSAGE_AUTHENTICATOR) places.push({ at, size: bytes.readUInt8(at + 1) });
  return places;
}

export const ZERO_AUTHENTICATOR: Uint8Array = ZEROS;

/** A request signed twice: the Message-Authenticator first among its attributes, then the request authenticator. */
export function signedRequest(
  code: number,
  id: number,
  attributes: readonly Attribute[],
  secret: Buffer,
  isHmacWanted = true,
): Buffer {
  const bytes = withMessageAuthenticator(code, id, ZEROS, attributes, secret, isHmacWanted);
  bytes.set(authenticatorOver(bytes, ZEROS, secret), 4);
  return bytes;
}

/** A response to a request; it bears a Message-Authenticator when the request did. */
export function signedResponse(
  code: number,
  request: Packet,
  attributes: readonly Attribute[],
  secret: Buffer,
): Buffer {
  const isHmacWanted = placesOf(request.bytes).length > 0;
  const { id, authenticator } = request;
  const bytes = withMessageAuthenticator(code, id, authenticator, attributes, secret, isHmacWanted);
  bytes.set(authenticatorOver(bytes, authenticator, secret), 4);
  return bytes;
}

function withMessageAuthenticator(
  code: number,
  id: number,
  second: Uint8Array,
  attributes: readonly Attribute[],
  secret: Buffer,
  isHmacWanted: boolean,
): Buffer {
  if (!isHmacWanted) return writePacket(code, id, second, attributes);
  const first = { type: MESSAGE_AUTHENTICATOR, value: ZEROS };
  const bytes = writePacket(code, id, second, [first, ...attributes]);
  bytes.set(createHmac('md5', secret).update(bytes).digest(), LEAST_BYTES + 2);
  return bytes;
}
