import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { X509Crl } from '@peculiar/x509';
import { fromBER } from 'asn1js';
import { CertificateRevocationList } from 'pkijs';
import { describe, expect, it } from 'vitest';
import { DerReader } from '../../../kernel/der/read.ts';
import { newSerial } from '../certificates/issue.ts';
import { authorityChain } from '../path/chain.ts';
import { softwareSigner } from '../signing/software.ts';
import { deviceRequest, testRoot } from '../testing/test-root.ts';
import { readPublicKey, signatureOf } from './algorithms.ts';
import { certificateList, REASONS, SERIAL_BYTES } from './crl.ts';
import * as extensions from './extensions.ts';
import { nameOf } from './names.ts';
import { readCertificate } from './read-certificate.ts';
import { readRequest } from './request.ts';

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const NAME = [['commonName', 'meter-3:A1']] as const;

describe('a request for a certificate', () => {
  it.each([
    ['ec-p256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['ec-p384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ed25519', () => generateKeyPairSync('ed25519')],
    ['rsa-2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const)('of a key %s is read, and its holder is believed', (type, pair) => {
    const { der } = deviceRequest(NAME, pair());
    expect(readRequest(der)).toMatchObject({ keyType: type, commonName: 'meter-3:A1' });
  });

  it('signed by another key is refused: possession is proven without exception (I-14)', () => {
    const one = deviceRequest(NAME);
    const other = deviceRequest(NAME);
    const [info, algorithm] = partsOf(one.der);
    const stolen = Buffer.concat([info, algorithm, partsOf(other.der)[2]]);
    const der = Buffer.concat([Buffer.of(0x30, 0x82, stolen.length >> 8, stolen.length & 0xff), stolen]);
    const long = stolen.length < 256 ? Buffer.concat([Buffer.of(0x30, 0x81, stolen.length), stolen]) : der;
    expect(() => readRequest(long)).toThrow('request-not-signed');
  });

  it.each([
    ['RSA of 1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 }), 'key-refused'],
    [
      'RSA with exponent 3',
      () => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }),
      'key-refused',
    ],
    ['a curve of 224 bits', () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' }), 'key-refused'],
    ['a curve of its own', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 'key-refused'],
  ] as const)('with %s is refused', (_, pair, code) => {
    const { publicKey } = pair();
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(() => readPublicKey(new DerReader(spki))).toThrow(code);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a length that is not there', Buffer.from('3080', 'hex')],
    ['a length beyond the end', Buffer.from('308400ffffff', 'hex')],
    ['an indefinite length', Buffer.from('30800000', 'hex')],
    ['boxes in boxes', Buffer.from('30'.repeat(5_000), 'hex')],
    ['too much', Buffer.alloc(20_000, 0x30)],
  ])('that is %s is refused with a place', (_, bytes) => {
    expect(() => readRequest(bytes)).toThrow('request-unreadable');
  });
});

function partsOf(der: Buffer): [Uint8Array, Uint8Array, Uint8Array] {
  const whole = new DerReader(der).enter(0x30);
  const parts = [whole.element(), whole.element(), whole.element()].map(each => whole.whole(each));
  return parts as [Uint8Array, Uint8Array, Uint8Array];
}

describe('a certificate written here', () => {
  it('is read by OpenSSL as it was meant, and by our own reader', () => {
    const root = testRoot(NOW_MS);
    const { der } = deviceRequest([['commonName', 'issuing']]);
    const made = root.certify(der);
    const seen = new X509Certificate(made);
    const top = new X509Certificate(root.certificate);
    expect(seen.subject).toBe('CN=issuing');
    expect(seen.checkIssued(top) && seen.verify(top.publicKey)).toBe(true);
    expect(seen.ca).toBe(true);
    const own = readCertificate(made);
    expect(own).toMatchObject({ isAuthority: true, pathLength: 0 });
    expect([...own.extensions.keys()]).toContain(extensions.OID.authorityKeyId);
    expect(Buffer.from(own.serial).toString('hex').toUpperCase()).toBe(seen.serialNumber);
    expect(own.notAfterMs).toBe(Date.parse(seen.validTo));
  });

  it('of a chain is accepted in any order, and refused when a part is missing, strange or may not sign', () => {
    const root = testRoot(NOW_MS);
    const other = testRoot(NOW_MS);
    const { der } = deviceRequest([['commonName', 'issuing']]);
    const good = root.certify(der);
    const refusal = (certificate: Buffer, above: Buffer[], atMs = NOW_MS) => {
      try {
        authorityChain(certificate, above, atMs);
        return null;
      } catch (thrown) {
        return (thrown as { detail: { what: string } }).detail.what;
      }
    };
    expect(refusal(good, [root.certificate])).toBeNull();
    expect(refusal(good, [])).toContain('nobody among those given');
    expect(refusal(good, [other.certificate])).toContain('nobody among those given');
    expect(refusal(good, [root.certificate, other.certificate])).toContain('not above it');
    expect(refusal(root.certificate, [])).toContain('signed itself');
    expect(refusal(good, [root.certificate], NOW_MS + 4_000 * 86_400_000)).toContain('not good now');
    const withOnly = (...list: Buffer[]) => root.certify(der, { extensions: list });
    expect(refusal(withOnly(), [root.certificate])).toContain('basicConstraints');
    const authority = extensions.basicConstraints(true, 0);
    expect(refusal(withOnly(authority, extensions.keyUsage(['crl-sign'])), [root.certificate])).toContain(
      'keyUsage',
    );
    const below = deviceRequest([['commonName', 'below']]).der;
    expect(() => readCertificate(root.certify(below).subarray(0, 100))).toThrow('der-unreadable');
  });
});

describe('a list of what is revoked', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sign = softwareSigner('ec-p256', privateKey.export({ type: 'pkcs8', format: 'der' }));
  const issuer = nameOf([['commonName', 'issuing']]);
  const listOf = (count: number, more: Buffer[] = [], atMs = (n: number) => NOW_MS - n * 1_000) => {
    const serials = new Uint8Array(count * SERIAL_BYTES);
    const revokedAtMs = new Float64Array(count);
    const reasons = new Uint8Array(count);
    for (let n = 0; n < count; n += 1) {
      serials.set(newSerial(), n * SERIAL_BYTES);
      revokedAtMs[n] = atMs(n);
      reasons[n] = n % 3 === 0 ? 0 : n % 3 === 1 ? REASONS['key-compromise'] : REASONS['certificate-hold'];
    }
    const parts = {
      ...{
        algorithm: signatureOf('ec-p256').der,
        issuer,
        thisUpdateMs: NOW_MS,
        nextUpdateMs: NOW_MS + 86_400_000,
      },
      revoked: { count, serials, revokedAtMs, reasons },
      extensions: [extensions.crlNumber(7), ...more],
    };
    return { der: certificateList(parts, sign), serials, reasons };
  };

  it.each([0, 1, 2, 5, 300, 1_500])('of %i is read by two other readers as it was meant', count => {
    const { der, serials, reasons } = listOf(count);
    const read = new CertificateRevocationList({ schema: fromBER(exact(der)).result });
    const entries = read.revokedCertificates ?? [];
    expect(entries).toHaveLength(count);
    for (const n of [0, count - 1].filter(each => each >= 0 && each < count)) {
      const serial = Buffer.from(serials.subarray(n * SERIAL_BYTES, (n + 1) * SERIAL_BYTES));
      const entry = entries[n]!;
      expect(Buffer.from(entry.userCertificate.valueBlock.valueHexView)).toEqual(serial);
      expect(entry.revocationDate.value.getTime()).toBe(NOW_MS - n * 1_000);
      const reason = entry.crlEntryExtensions?.extensions[0]?.extnValue.valueBlock.valueHexView;
      expect(reason?.at(-1) ?? 0).toBe(reasons[n]);
    }
    if (count <= 300) expect(new X509Crl(exact(der)).entries).toHaveLength(count);
    const tbs = partsOf(der);
    const signature = new DerReader(tbs[2]).bits();
    const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(verify('sha256', tbs[0], key, signature)).toBe(true);
  });

  it('tells moments after 2049 in the long form (RFC 5280 §5.1.2.6)', () => {
    const { der } = listOf(2, [], n => Date.UTC(2049, 11, 31, 23, 59, 59) + n * 1_000);
    const read = new CertificateRevocationList({ schema: fromBER(exact(der)).result });
    expect(
      read.revokedCertificates?.map(each => [
        each.revocationDate.type,
        each.revocationDate.value.toISOString(),
      ]),
    ).toEqual([
      [0, '2049-12-31T23:59:59.000Z'],
      [1, '2050-01-01T00:00:00.000Z'],
    ]);
  });
});

function exact(bytes: Buffer): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}
