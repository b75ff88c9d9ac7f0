import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bits, integer, seq, tagged } from '../../../kernel/der/encode.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { DAY_MS } from '../../../kernel/time.ts';
import { newSerial } from '../certificates/issue.ts';
import { readPublicKey, signatureOf } from '../x509/algorithms.ts';
import { keyIdOf, signed, toBeSigned } from '../x509/certificate.ts';
import { certificateList } from '../x509/crl.ts';
import * as extensions from '../x509/extensions.ts';
import { type NameParts, nameOf } from '../x509/names.ts';
import { readRequest, subjectIn } from '../x509/request.ts';

/** A root that lives as long as a test. */
export interface TestRoot {
  readonly certificate: Buffer;
  readonly crl: Buffer;
  /** Signs what an authority asked for; `changed` lets a test ask for something wrong. */
  certify(request: Uint8Array, changed?: Partial<Parameters<typeof toBeSigned>[0]>): Buffer;
}

export function testRoot(nowMs: number, commonName = 'Test Root'): TestRoot {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const { key } = readPublicKey(new DerReader(spki));
  const subject = nameOf([
    ['organization', 'Test'],
    ['commonName', commonName],
  ]);
  const algorithm = signatureOf('ec-p256').der;
  const validity = { notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + 7_000 * DAY_MS };
  const seal = (tbs: Buffer): Buffer => signed(tbs, algorithm, sign('sha256', tbs, privateKey));
  const certificate = seal(
    toBeSigned({
      ...{ serial: newSerial(), algorithm, issuer: subject, ...validity, subject, spki },
      extensions: [
        extensions.basicConstraints(true, null),
        extensions.keyUsage(['key-cert-sign', 'crl-sign']),
        extensions.subjectKeyId(keyIdOf(key)),
      ],
    }),
  );
  return {
    certificate,
    crl: certificateList(
      {
        ...{ algorithm, issuer: subject, thisUpdateMs: nowMs, nextUpdateMs: nowMs + DAY_MS },
        revoked: {
          count: 0,
          serials: new Uint8Array(),
          revokedAtMs: new Float64Array(),
          reasons: new Uint8Array(),
        },
        extensions: [extensions.authorityKeyId(keyIdOf(key)), extensions.crlNumber(1)],
      },
      tbs => sign('sha256', tbs, privateKey),
    ),
    certify: (request, changed = {}) => {
      const asked = readRequest(request);
      const name = subjectIn(request);
      return seal(
        toBeSigned({
          ...{ serial: newSerial(), algorithm, issuer: subject, subject: name, spki: asked.spki },
          ...{ notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + 3_000 * DAY_MS },
          extensions: [
            extensions.basicConstraints(true, 0),
            extensions.keyUsage(['digital-signature', 'key-cert-sign', 'crl-sign']),
            extensions.subjectKeyId(keyIdOf(asked.key)),
            extensions.authorityKeyId(keyIdOf(key)),
          ],
          ...changed,
        }),
      );
    },
  };
}

/** A device's own key and its request for a certificate, with whatever attributes are asked for besides. */
export function deviceRequest(
  name: NameParts,
  pair: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  }),
  attributes: readonly Uint8Array[] = [],
): { readonly der: Buffer; readonly privateKey: KeyObject } {
  const { privateKey, publicKey } = pair;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const { type } = readPublicKey(new DerReader(spki));
  const info = seq(integer(0), nameOf(name), spki, tagged(0, ...attributes));
  const { der, digest } = signatureOf(type);
  return { der: seq(info, der, bits(sign(digest, info, privateKey))), privateKey };
}

export function sha1(bytes: Uint8Array): Buffer {
  return createHash('sha1').update(bytes).digest();
}
