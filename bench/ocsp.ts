/**
 * Answering questions about certificates: reading the question, writing and signing the answer, in one thread, as the room
 * of devices does it, against pkijs doing the same. Both are told the state; the register's part is not in it.
 */
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fromBER } from 'asn1js';
import * as pkijs from 'pkijs';
import { DerReader } from '../server/src/kernel/der/read.ts';
import { answerToSign, wholeAnswer } from '../server/src/modules/devices/ocsp/answer.ts';
import { readQuestion } from '../server/src/modules/devices/ocsp/question.ts';
import { softwareSigner } from '../server/src/modules/devices/signing/software.ts';
import { testRoot } from '../server/src/modules/devices/testing/test-root.ts';
import { exact, heard, questionAbout } from '../server/src/modules/devices/testing/told.ts';
import { readPublicKey, signatureOf } from '../server/src/modules/devices/x509/algorithms.ts';
import { keyIdOf } from '../server/src/modules/devices/x509/certificate.ts';

const { values } = parseArgs({
  options: { ms: { type: 'string', default: '3000' }, rounds: { type: 'string', default: '3' } },
});
const forMs = Number(values.ms);
const nowMs = Date.now() - (Date.now() % 1_000);
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
const signer = softwareSigner('ec-p256', pkcs8);
const spki = publicKey.export({ type: 'spki', format: 'der' });
const responderKeyId = keyIdOf(readPublicKey(new DerReader(spki)).key);
const { certificate } = testRoot(nowMs);
const digests = { nameDigests: [randomBytes(20)], keyDigests: [randomBytes(20)] };
const questions = Array.from({ length: 64 }, () => {
  const serial = randomBytes(16);
  serial[0] = 0x41;
  return questionAbout(digests as unknown as Parameters<typeof questionAbout>[0], [serial], randomBytes(32));
});
const algorithm = signatureOf('ec-p256').der;

function ours(n: number): Buffer {
  const { asked, nonce } = readQuestion(questions[n % questions.length] as Buffer);
  const answered = asked.map(({ certId }) => ({ certId, standing: { state: 'good' } as const }));
  const times = { producedAtMs: nowMs, thisUpdateMs: nowMs, nextUpdateMs: nowMs + 3_600_000 };
  const tbs = answerToSign({ responderKeyId, ...times, answered, nonce });
  return wholeAnswer(tbs, algorithm, signer(tbs), certificate);
}

pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as never }));
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
const key = (await webcrypto.subtle.importKey('pkcs8', pkcs8, ecdsa, false, ['sign'])) as never;
const theirCertificate = new pkijs.Certificate({ schema: fromBER(exact(certificate)).result });
async function theirs(n: number): Promise<ArrayBuffer> {
  const question = new pkijs.OCSPRequest({
    schema: fromBER(exact(questions[n % questions.length] as Buffer)).result,
  });
  const basic = new pkijs.BasicOCSPResponse();
  basic.tbsResponseData.responderID = theirCertificate.subject;
  basic.tbsResponseData.producedAt = new Date(nowMs);
  for (const { reqCert } of question.tbsRequest.requestList) {
    const one = new pkijs.SingleResponse({
      certID: reqCert,
      thisUpdate: new Date(nowMs),
      nextUpdate: new Date(nowMs + 3_600_000),
    });
    one.certStatus = fromBER(new Uint8Array([0x80, 0]).buffer).result as typeof one.certStatus;
    basic.tbsResponseData.responses.push(one);
  }
  basic.tbsResponseData.responseExtensions = question.tbsRequest.requestExtensions ?? [];
  basic.certs = [theirCertificate];
  await basic.sign(key, 'SHA-256');
  return basic.toSchema().toBER(false);
}

async function rate(work: (n: number) => unknown): Promise<number> {
  const beganAt = performance.now();
  let n = 0;
  while (performance.now() - beganAt < forMs)
    for (let i = 0; i < 10; i += 1, n += 1) {
      const done = work(n);
      if (done instanceof Promise) await done;
    }
  return n / ((performance.now() - beganAt) / 1_000);
}

if (heard(ours(0)).said[0] !== 'good') throw new Error('an answer that says something else');
const best = { ours: 0, pkijs: 0 };
for (let round = 0; round < Number(values.rounds); round += 1) {
  best.pkijs = Math.max(best.pkijs, await rate(theirs));
  best.ours = Math.max(best.ours, await rate(ours));
}
console.log(`ocsp_per_s=${best.ours.toFixed(0)} pkijs_per_s=${best.pkijs.toFixed(0)}`);
console.log(`ocsp/pkijs=${(best.ours / best.pkijs).toFixed(1)} (5 or more is meant)`);
