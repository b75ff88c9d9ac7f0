import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainProfile } from '../../../../spine/observations/source-profile.ts';
import { freeradiusDetail } from '../../formats/freeradius-detail.ts';
import { addressOf } from './addresses.ts';
import { cutOf } from './as-detail.ts';
import {
  isRequestOf,
  isResponseTo,
  messageAuthenticatorOf,
  signedRequest,
  signedResponse,
  ZERO_AUTHENTICATOR,
} from './authenticators.ts';
import { VENDOR_3GPP } from './dictionary.ts';
import { CODES, numberAttribute, type Packet, readPacket, textAttribute } from './packet.ts';
import { RepeatedRequests } from './repeated.ts';
import { lookSwapped } from './swapped.ts';

const SECRET = Buffer.from('a secret of this test alone');
const profile = { ...plainProfile, counter: 'per-series' } as const;

function packetOf(bytes: Buffer): Packet {
  const packet = readPacket(bytes);
  if ('fault' in packet) throw new Error(packet.fault);
  return packet;
}

const accounting = [
  numberAttribute(40, 3),
  textAttribute(44, 's"1\\\n'),
  textAttribute(32, 'ggsn-1'),
  { type: 1, vendor: VENDOR_3GPP, value: Buffer.from('262011234567890') },
  { type: 21, vendor: VENDOR_3GPP, value: Buffer.from([6]) },
  { type: 22, vendor: VENDOR_3GPP, value: Buffer.from('8262f210000162f21000000001', 'hex') },
  numberAttribute(42, 4_000_000_000),
  numberAttribute(52, 1),
  numberAttribute(43, 5),
  numberAttribute(46, 60),
];

test('the request authenticator is MD5 over the packet, sixteen zeros and the secret (RFC 2866 §3)', () => {
  const bytes = signedRequest(CODES.accountingRequest, 7, accounting, SECRET, false);
  const zeroed = Buffer.from(bytes);
  zeroed.fill(0, 4, 20);
  const expected = createHash('md5').update(zeroed).update(SECRET).digest();
  expect(bytes.subarray(4, 20).equals(expected)).toBe(true);
  expect(isRequestOf(packetOf(bytes), SECRET)).toBe(true);
  expect(isRequestOf(packetOf(bytes), Buffer.from('another'))).toBe(false);
});

test('the Message-Authenticator comes first, is HMAC-MD5 over the packet with zeros in both places, and is held to', () => {
  const bytes = signedRequest(CODES.disconnectRequest, 9, accounting, SECRET);
  expect(bytes[20]).toBe(80);
  const zeroed = Buffer.from(bytes);
  zeroed.fill(0, 4, 20).fill(0, 22, 38);
  expect(bytes.subarray(22, 38).equals(createHmac('md5', SECRET).update(zeroed).digest())).toBe(true);
  expect(messageAuthenticatorOf(packetOf(bytes), ZERO_AUTHENTICATOR, SECRET)).toBe('good');
  const changed = Buffer.from(bytes);
  changed[changed.length - 1] = changed.at(-1)! ^ 1;
  expect(messageAuthenticatorOf(packetOf(changed), ZERO_AUTHENTICATOR, SECRET)).toBe('bad');
});

test('a response answers its request and no other, by both authenticators', () => {
  const request = packetOf(signedRequest(CODES.disconnectRequest, 9, [], SECRET));
  const answer = packetOf(signedResponse(CODES.disconnectAck, request, [numberAttribute(101, 503)], SECRET));
  expect(isResponseTo(answer, request.authenticator, SECRET)).toBe(true);
  expect(messageAuthenticatorOf(answer, request.authenticator, SECRET)).toBe('good');
  expect(isResponseTo(answer, Buffer.alloc(16, 1), SECRET)).toBe(false);
});

test('every cut, and every lie about a length, is a fault and never a throw', () => {
  const whole = signedRequest(CODES.accountingRequest, 7, accounting, SECRET);
  for (let size = 0; size < whole.length; size++)
    expect(readPacket(whole.subarray(0, size))).toHaveProperty('fault');
  const zeroSize = Buffer.from(whole);
  zeroSize[21] = 0;
  expect(readPacket(zeroSize)).toEqual({ fault: 'attribute-false' });
  const longer = Buffer.concat([whole, Buffer.from('padding')]);
  expect(packetOf(longer).bytes.length).toBe(whole.length);
});

test('whatever comes is read without a throw, and as a record balances to one', async () => {
  const attribute = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 60 }))
    .map(([type, value]) => ({ type, value: Buffer.from(value) }));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(value => Buffer.from(value)),
    fc
      .array(attribute, { maxLength: 20 })
      .map(list => signedRequest(4, 1, [...accounting.slice(0, 3), ...list], SECRET)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async datagram => {
      const packet = readPacket(datagram);
      if ('fault' in packet) return;
      messageAuthenticatorOf(packet, ZERO_AUTHENTICATOR, SECRET);
      const cut = await cutOf(freeradiusDetail, profile, packet, { from: '192.0.2.1', atMs: 1e12 });
      expect(cut.recordNo).toBe(1);
      expect(cut.raw.includes(0)).toBe(false);
    }),
    { numRuns: Number(process.env['THINGWARD_PROVE'] === '1' ? 100_000 : 2_000) },
  );
});

test('a packet becomes what its detail record would be, and its bytes leave out delay and receipt', async () => {
  const bytes = signedRequest(4, 7, [...accounting, numberAttribute(41, 5)], SECRET);
  const again = signedRequest(4, 8, [...accounting, numberAttribute(41, 9)], SECRET);
  const cut = await cutOf(freeradiusDetail, profile, packetOf(bytes), {
    from: '192.0.2.1',
    atMs: 1_800_000_000_000,
  });
  const later = await cutOf(freeradiusDetail, profile, packetOf(again), {
    from: '192.0.2.1',
    atMs: 1_800_000_004_000,
  });
  expect('reading' in cut.outcome && cut.outcome.reading).toMatchObject({
    claim: 'imsi:262011234567890',
    observedAtMs: 1_799_999_995_000,
    body: {
      event: 'interim',
      bytesUp: 4_000_000_000 + 2 ** 32,
      bytesDown: 5,
      rat: 'EUTRAN',
      nas: 'ggsn-1',
      plmn: '26201',
    },
  });
  expect(Buffer.from(cut.raw).equals(Buffer.from(later.raw))).toBe(true);
  const framed = Buffer.concat([cut.frame!.before, cut.raw, cut.frame!.after]);
  const read = await freeradiusDetail.read(once(framed), profile).next();
  expect(!read.done && read.value.outcome).toEqual(cut.outcome);
});

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('a server that names itself not is named by its address', async () => {
  const bytes = signedRequest(
    4,
    7,
    accounting.filter(each => each.type !== 32),
    SECRET,
  );
  const cut = await cutOf(freeradiusDetail, profile, packetOf(bytes), { from: '192.0.2.1', atMs: 1e12 });
  expect('reading' in cut.outcome && cut.outcome.reading.body['nas']).toBe('192.0.2.1');
});

test('one address has one spelling', () => {
  expect(addressOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(addressOf('2001:DB8:0:0::1')).toBe('2001:db8::1');
});

test('a request is new once, waits, and is then answered alike until it is forgotten or failed', () => {
  const repeated = new RepeatedRequests();
  expect(repeated.seen('a', 0)).toBe('new');
  expect(repeated.seen('a', 1)).toBe('waits');
  repeated.answered('a', SECRET);
  expect(repeated.seen('a', 2)).toBe(SECRET);
  expect(repeated.seen('a', 40_000)).toBe('new');
  repeated.failed('a');
  expect(repeated.seen('a', 40_001)).toBe('new');
});

test('C-26: a server whose directions lie the other way round than all others looks swapped; alone none does', () => {
  const one = { clientId: 1, sessions: 50, bytesUp: 9e6, bytesDown: 1e6 };
  const two = { clientId: 2, sessions: 50, bytesUp: 8e6, bytesDown: 1e6 };
  const odd = { clientId: 3, sessions: 50, bytesUp: 1e6, bytesDown: 9e6 };
  expect([...lookSwapped([one, two, odd])]).toEqual([3]);
  expect([...lookSwapped([odd])]).toEqual([]);
  expect([...lookSwapped([one, two, { ...odd, sessions: 3 }])]).toEqual([]);
});
