/**
 * Issuing certificates: reading a request, proving that its sender holds the key, writing and signing the certificate,
 * one after another in one thread and in the two threads of the room of devices.
 *
 * Two peers in the same run: `@peculiar/x509` doing the same with its own readers, writers and web crypto, and bare
 * signatures of the same length by `node:crypto`, which nothing that signs can be faster than.
 */
import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, sign, verify, webcrypto, X509Certificate } from 'node:crypto';
import { parseArgs } from 'node:util';
import * as x509 from '@peculiar/x509';
import type { Profile } from '../server/src/modules/devices/authorities/profiles.ts';
import { planOf } from '../server/src/modules/devices/certificates/issue.ts';
import { type NamedKey, openSigning } from '../server/src/modules/devices/signing/signing.ts';
import { softwareSigner } from '../server/src/modules/devices/signing/software.ts';
import { PROFILES } from '../server/src/modules/devices/testing/device-scene.ts';
import { deviceRequest, sha1 } from '../server/src/modules/devices/testing/test-root.ts';
import { signatureOf } from '../server/src/modules/devices/x509/algorithms.ts';
import { signed } from '../server/src/modules/devices/x509/certificate.ts';
import { nameOf } from '../server/src/modules/devices/x509/names.ts';
import { type Request, readRequest } from '../server/src/modules/devices/x509/request.ts';

const { values } = parseArgs({
  options: { ms: { type: 'string', default: '3000' }, rounds: { type: 'string', default: '3' } },
});
const forMs = Number(values.ms);

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
const spki = publicKey.export({ type: 'spki', format: 'der' });
const signer = softwareSigner('ec-p256', pkcs8);
const authority = {
  ...{
    authorityId: 1,
    subject: nameOf([['commonName', 'issuing']]),
    keyDigests: [sha1(spki)],
    keyType: 'ec-p256' as const,
  },
  ...{
    notBeforeMs: Date.now() - 86_400_000,
    notAfterMs: Date.now() + 4e11,
    shards: 16,
    baseUrl: 'http://pki.example',
  },
};
const profile = PROFILES.all.get('device') as Profile;
const requests = Array.from({ length: 64 }, (_, n) => deviceRequest([['commonName', `meter-3:A${n}`]]).der);
const nowMs = Date.now();

function ours(n: number): Buffer {
  const der = requests[n % requests.length] as Buffer;
  const request = readRequest(der);
  const { tbs } = planOf(authority, profile, `meter-3:A${n % requests.length}`, request, nowMs);
  return signed(tbs, signatureOf('ec-p256').der, signer(tbs));
}

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
async function theirs(n: number): Promise<x509.X509Certificate> {
  const request = new x509.Pkcs10CertificateRequest(new Uint8Array(requests[n % requests.length] as Buffer));
  if (!(await request.verify())) throw new Error('a request that its sender did not sign');
  return await x509.X509CertificateGenerator.create({
    ...{ serialNumber: '4142434445464748494a4b4c4d4e4f50', subject: request.subject, issuer: 'CN=issuing' },
    ...{ notBefore: new Date(nowMs), notAfter: new Date(nowMs + 3e10), publicKey: request.publicKey },
    signingKey: signingKey as never,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2']),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'urn:thingward:device:meter-3:A1' }]),
      new x509.CRLDistributionPointsExtension(['http://pki.example/pki/1/0.crl']),
    ],
  });
}

const bytes = Buffer.alloc(600, 7);
const rate = async (work: (n: number) => unknown): Promise<number> => {
  const beganAt = performance.now();
  let n = 0;
  while (performance.now() - beganAt < forMs) {
    for (let i = 0; i < 10; i += 1, n += 1) {
      const done = work(n);
      if (done instanceof Promise) await done;
    }
  }
  return n / ((performance.now() - beganAt) / 1_000);
};

// What is fast and wrong counts for nothing.
const made = new X509Certificate(ours(1));
if (!made.verify(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))))
  throw new Error('not signed by it');

const best = { ours: 0, peculiar: 0, raw: 0, verifying: 0 };
const proof = sign('sha256', bytes, privateKey);
for (let round = 0; round < Number(values.rounds); round += 1) {
  best.peculiar = Math.max(best.peculiar, await rate(theirs));
  best.ours = Math.max(best.ours, await rate(ours));
  best.raw = Math.max(best.raw, await rate(() => sign('sha256', bytes, privateKey)));
  best.verifying = Math.max(best.verifying, await rate(() => verify('sha256', bytes, publicKey, proof)));
}
/** Requests and signatures in the threads of the house, by the hundred, the rest in this one. */
const THREADS = 2;
const signing = openSigning(THREADS, null);
const key: NamedKey = { name: 'bench', open: async () => ({ store: 'sealed', type: 'ec-p256', pkcs8 }) };
async function hundred(): Promise<number> {
  const ders = Array.from({ length: 100 }, (_, n) => requests[n % requests.length] as Buffer);
  const read = (await signing.requests(ders)) as Request[];
  const plans = read.map((request, n) =>
    planOf(authority, profile, `meter-3:A${n % requests.length}`, request, nowMs),
  );
  const signatures = await signing.sign(
    key,
    plans.map(each => each.tbs),
  );
  return signatures.map((each, n) => signed(plans[n]?.tbs as Buffer, signatureOf('ec-p256').der, each))
    .length;
}
await Promise.all([hundred(), hundred(), hundred()]);
const beganAt = performance.now();
let issued = 0;
await Promise.all(
  Array.from({ length: 6 }, async () => {
    while (performance.now() - beganAt < forMs) {
      const made = await hundred();
      issued += made;
    }
  }),
);
const threaded = issued / ((performance.now() - beganAt) / 1_000);
await signing.close();
console.log(
  `issue_per_s=${best.ours.toFixed(0)} peculiar_per_s=${best.peculiar.toFixed(0)} raw_sign_per_s=${best.raw.toFixed(0)} raw_verify_per_s=${best.verifying.toFixed(0)}`,
);
console.log(`issue_threads_per_s=${threaded.toFixed(0)} threads=${THREADS}`);
console.log(`issue/peculiar=${(best.ours / best.peculiar).toFixed(1)} (10 or more is meant)`);
console.log(
  `issue/raw-sign=${(threaded / best.raw).toFixed(2)} (0.2 or more is meant; in one thread ${(best.ours / best.raw).toFixed(2)})`,
);
