import { generateKeyPairSync } from 'node:crypto';
import { seq, tlv } from '../../server/src/kernel/der/encode.ts';
import { pemOf, pemParts } from '../../server/src/kernel/der/pem.ts';
import { DerReader } from '../../server/src/kernel/der/read.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { fromBase64, toBase64 } from '../../server/src/modules/devices/est/forms.ts';
import { readQuestion } from '../../server/src/modules/devices/ocsp/question.ts';
import { authorityChain } from '../../server/src/modules/devices/path/chain.ts';
import { readList } from '../../server/src/modules/devices/path/list.ts';
import { deviceRequest, testRoot } from '../../server/src/modules/devices/testing/test-root.ts';
import { questionAbout } from '../../server/src/modules/devices/testing/told.ts';
import { readCertificate } from '../../server/src/modules/devices/x509/read-certificate.ts';
import { readRequest } from '../../server/src/modules/devices/x509/request.ts';
import { requestSays } from '../../server/src/modules/devices/x509/request-says.ts';
import { disturbed, disturbedText } from './disturb.ts';
import { type Draw, holds, refusedOr, type Target, target } from './target.ts';

const NOW_MS = Date.UTC(2026, 10, 26);
const CODES = new Set([
  'der-unreadable',
  'request-unreadable',
  'request-not-signed',
  'key-refused',
  'signature-algorithm-refused',
  'authority-certificate-refused',
]);
const isTold = (error: unknown): boolean => isRefusal(error) && CODES.has(error.code);

const REQUESTS = [
  deviceRequest([['commonName', 'meter-3:A1']]).der,
  deviceRequest([], generateKeyPairSync('ed25519')).der,
  deviceRequest([['serialNumber', 'A1']], generateKeyPairSync('rsa', { modulusLength: 2048 })).der,
];
const root = testRoot(NOW_MS);
const ISSUING = root.certify(deviceRequest([['commonName', 'issuing']]).der);
const digests = { nameDigests: [Buffer.alloc(20, 1)], keyDigests: [Buffer.alloc(20, 2)] };
const QUESTIONS = [1, 3].map(count =>
  questionAbout(
    digests as unknown as Parameters<typeof questionAbout>[0],
    Array.from({ length: count }, (_, n) => Buffer.alloc(16, n + 1)),
    Buffer.alloc(32, 9),
  ),
);

/** Now and then boxes in boxes, and lengths that lie about what follows. */
function lying(draw: Draw, seeds: readonly Buffer[]): Buffer {
  const bytes = Buffer.from(disturbed(draw, seeds));
  const turn = draw(12);
  if (turn === 0) {
    let nested: Buffer = bytes.subarray(0, 64);
    for (let level = draw(400); level > 0; level -= 1)
      nested = level % 2 === 0 ? seq(nested) : tlv(0xa0, nested);
    return nested;
  }
  if (turn === 1 && bytes.length > 8) {
    const at = draw(bytes.length - 6);
    bytes[at] = 0x80 + draw(6);
    bytes.writeUInt32BE(draw(2) === 0 ? 0xffffffff : draw(70_000), at + 1);
  }
  return bytes;
}

/** What lies between a request's head and its signature: believed only as its holder signed it. */
function signedPart(der: Uint8Array): string {
  const whole = new DerReader(der).enter(0x30);
  return Buffer.from(whole.whole(whole.element())).toString('hex');
}
const LISTED = signedPart(root.crl);
const SIGNED = new Set(REQUESTS.map(signedPart));

/** What strangers send to authorities. */
export const CERTIFICATE_TARGETS: readonly Target[] = [
  target(
    'certificate-request',
    draw => lying(draw, REQUESTS),
    der => {
      const read = refusedOr(isTold, () => readRequest(der));
      if (read !== null) holds(SIGNED.has(signedPart(der)), 'a changed request was believed');
    },
  ),
  target(
    'enrolment-request',
    draw => lying(draw, REQUESTS),
    der => {
      const says = refusedOr(isTold, () => requestSays(der));
      if (says === null) return;
      holds((says.challenge?.length ?? 0) <= 255, 'a challenge longer than any is');
      holds((says.names?.length ?? 0) <= 32, 'more names than are read');
    },
  ),
  target(
    'enrolment-body',
    draw => disturbedText(draw, REQUESTS.map(toBase64)),
    text => {
      const bytes = fromBase64(Buffer.from(text));
      holds(bytes === null || bytes.length <= text.length, 'more came out than went in');
    },
  ),
  target(
    'authority-certificate',
    draw => lying(draw, [ISSUING, root.certificate]),
    der => {
      const chain = refusedOr(isTold, () => authorityChain(der, [root.certificate], NOW_MS));
      if (chain !== null)
        holds(chain[0]?.isAuthority === true && chain.length === 2, 'what is no authority was taken for one');
      refusedOr(isTold, () => readCertificate(der));
    },
  ),
  target(
    'revocation-list',
    draw => lying(draw, [root.crl]),
    der => {
      const list = refusedOr(isTold, () => readList(der));
      if (list !== null) holds(list.entries.length <= 200_000, 'more entries than are read');
      const chain = refusedOr(isTold, () => authorityChain(ISSUING, [root.certificate], NOW_MS, [der]));
      if (chain !== null) holds(signedPart(der) === LISTED, 'a changed list was believed');
    },
  ),
  target(
    'status-question',
    draw => lying(draw, QUESTIONS),
    bytes => {
      const read = refusedOr(isTold, () => readQuestion(bytes));
      if (read === null) return;
      holds(read.asked.length > 0 && read.asked.length <= 16, 'more was asked than may be');
      holds(
        read.nonce === null || (read.nonce.length > 0 && read.nonce.length <= 128),
        'a nonce of no allowed length',
      );
      for (const { serial } of read.asked)
        holds(serial.length > 0 && serial.length <= 21, 'no serial number');
    },
  ),
  target(
    'pem',
    draw =>
      disturbedText(
        draw,
        REQUESTS.map(each => pemOf('CERTIFICATE REQUEST', each)),
      ),
    text => {
      const parts = refusedOr(isTold, () => pemParts(text, 'CERTIFICATE REQUEST'));
      for (const part of parts ?? []) holds(part.length <= text.length, 'more came out than went in');
    },
  ),
];
