import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pemOf, pemParts } from '../../../kernel/der/pem.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { type Profiles, profileNamed } from '../authorities/profiles.ts';
import { newSerial } from '../certificates/issue.ts';
import type { DeviceCode } from '../codes.ts';
import { didSign } from '../path/validate.ts';
import { readPublicKey, signatureOf } from '../x509/algorithms.ts';
import { keyIdOf, signed, toBeSigned } from '../x509/certificate.ts';
import { certificateList, REASONS, SERIAL_BYTES } from '../x509/crl.ts';
import * as extensions from '../x509/extensions.ts';
import { nameOf } from '../x509/names.ts';
import { readCertificate } from '../x509/read-certificate.ts';
import { readRequest, subjectIn } from '../x509/request.ts';

/**
 * The root of an organisation in a folder of its own, for a machine that is on no network (I-39): `root.key`, encrypted
 * under a passphrase that lies elsewhere, `root.pem`, `root.crl.pem`, and `root.json`, what it signed. No server and no
 * database is needed, and none ever sees the key.
 */
export interface RootDeed {
  readonly folder: string;
  readonly passphraseFile: string;
  readonly nowMs: number;
  readonly profiles: Profiles;
}

interface Book {
  readonly crlNumber: number;
  readonly signed: readonly { readonly serial: string; readonly subject: string; readonly at: string }[];
  readonly revoked: readonly { readonly serial: string; readonly atMs: number; readonly reason: string }[];
}

const EMPTY: Book = { crlNumber: 0, signed: [], revoked: [] };
const KEY = 'root.key';
const CERTIFICATE = 'root.pem';
const CRL = 'root.crl.pem';
const BOOK = 'root.json';
const LEAST_PASSPHRASE = 20;
/** A root's list is made by hand and so holds for long. */
const CRL_MS = 400 * 86_400_000;

/** Makes a root where there is none. A passphrase file that is not there yet is made with 256 bits of chance. */
export function makeRoot(
  deed: RootDeed,
  asked: { readonly name: string; readonly organization: string; readonly country?: string | undefined },
): object {
  const { folder, nowMs } = deed;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, KEY))) throw refused('the folder has a root already', folder);
  const passphrase = passphraseIn(deed, true);
  const profile = profileNamed(deed.profiles, 'root', 'root');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = keyIdOf(readPublicKey(new DerReader(spki)).key);
  const subject = nameOf([
    ...(asked.country === undefined ? [] : [['country', asked.country] as const]),
    ['organization', asked.organization],
    ['commonName', asked.name],
  ]);
  const nowS = nowMs - (nowMs % 1_000);
  const algorithm = signatureOf('ec-p384').der;
  const certificate = sealed(
    privateKey,
    toBeSigned({
      ...{ serial: newSerial(), algorithm, issuer: subject, subject, spki },
      ...{ notBeforeMs: nowS, notAfterMs: nowS + profile.validMs - 1_000 },
      extensions: [
        extensions.basicConstraints(true, null),
        extensions.keyUsage(profile.usages),
        extensions.subjectKeyId(keyId),
      ],
    }),
  );
  const key = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
  // The key comes last: a folder with a key has everything else.
  put(folder, CERTIFICATE, pemOf('CERTIFICATE', certificate));
  const number = writeCrl(deed, { privateKey, certificate }, EMPTY);
  put(folder, KEY, String(key));
  return { folder, certificate: join(folder, CERTIFICATE), crl: join(folder, CRL), crlNumber: number };
}

/** Signs the request of an issuing authority. What it says beyond name and key comes from the profile. */
export function signAuthority(
  deed: RootDeed,
  asked: { readonly request: string; readonly certificate: string; readonly days?: number | undefined },
): object {
  const root = opened(deed);
  const [der] = pemParts(
    readFileSync(asked.request, 'utf8'),
    'CERTIFICATE REQUEST',
    'NEW CERTIFICATE REQUEST',
  );
  if (der === undefined) throw refused('no PEM of a request in it', asked.request);
  const request = readRequest(der);
  const profile = profileNamed(deed.profiles, 'issuing', 'issuing');
  if (!profile.keyTypes.includes(request.keyType))
    throw new Refusal<DeviceCode>('key-refused', { detail: { what: request.keyType } });
  const own = readCertificate(root.certificate);
  const nowS = deed.nowMs - (deed.nowMs % 1_000);
  const validMs = asked.days === undefined ? profile.validMs : asked.days * 86_400_000;
  const serial = newSerial();
  const certificate = sealed(
    root.privateKey,
    toBeSigned({
      ...{ serial, algorithm: signatureOf('ec-p384').der, issuer: own.subject, spki: request.spki },
      subject: subjectIn(der),
      notBeforeMs: Math.max(nowS - profile.backdateMs, own.notBeforeMs),
      notAfterMs: Math.min(nowS + validMs - 1_000, own.notAfterMs),
      extensions: [
        extensions.basicConstraints(true, 0),
        extensions.keyUsage(profile.usages),
        extensions.subjectKeyId(keyIdOf(request.key)),
        extensions.authorityKeyId(keyIdOf(own.publicKey.key)),
      ],
    }),
  );
  const book = bookIn(deed.folder);
  // On one line, as people read it.
  const subject = new X509Certificate(certificate).subject.replaceAll('\n', ', ');
  const entry = { serial: serial.toString('hex'), subject, at: new Date(nowS).toISOString() };
  // Noted before it is handed out: what the root signed is never unknown to it.
  put(deed.folder, BOOK, JSON.stringify({ ...book, signed: [...book.signed, entry] }, null, 2));
  writeFileSync(asked.certificate, pemOf('CERTIFICATE', certificate));
  return { certificate: asked.certificate, serial: entry.serial, subject };
}

/** Writes the root's list anew; with a certificate that the root signed, it is revoked from now on. */
export function renewRootList(
  deed: RootDeed,
  asked: { readonly revoke?: string | undefined; readonly reason?: keyof typeof REASONS | undefined },
): object {
  const root = opened(deed);
  let book = bookIn(deed.folder);
  if (asked.revoke !== undefined) {
    const [der] = pemParts(readFileSync(asked.revoke, 'utf8'), 'CERTIFICATE');
    if (der === undefined) throw refused('no PEM of a certificate in it', asked.revoke);
    const one = readCertificate(der);
    const serial = Buffer.from(one.serial).toString('hex');
    if (!didSign(readCertificate(root.certificate), one) || one.serial.length !== SERIAL_BYTES)
      throw refused('this root did not sign it', asked.revoke);
    const entry = { serial, atMs: deed.nowMs, reason: asked.reason ?? 'unspecified' };
    if (!book.revoked.some(each => each.serial === serial))
      book = { ...book, revoked: [...book.revoked, entry] };
  }
  const crlNumber = writeCrl(deed, root, book);
  return { crl: join(deed.folder, CRL), crlNumber, revoked: book.revoked.length };
}

interface OpenedRoot {
  readonly privateKey: KeyObject;
  readonly certificate: Buffer;
}

function writeCrl(deed: RootDeed, { privateKey, certificate }: OpenedRoot, book: Book): number {
  const { folder, nowMs } = deed;
  const own = readCertificate(certificate);
  const crlNumber = book.crlNumber + 1;
  const atMs = nowMs - (nowMs % 1_000);
  const serials = Buffer.concat(book.revoked.map(each => Buffer.from(each.serial, 'hex')));
  const list = certificateList(
    {
      ...{ algorithm: signatureOf('ec-p384').der, issuer: own.subject },
      ...{ thisUpdateMs: atMs, nextUpdateMs: atMs + CRL_MS },
      revoked: {
        count: book.revoked.length,
        serials,
        revokedAtMs: Float64Array.from(book.revoked.map(each => each.atMs)),
        reasons: Uint8Array.from(book.revoked.map(each => REASONS[each.reason as keyof typeof REASONS] ?? 0)),
      },
      extensions: [extensions.authorityKeyId(keyIdOf(own.publicKey.key)), extensions.crlNumber(crlNumber)],
    },
    tbs => sign('sha384', tbs, privateKey),
  );
  // The book first: a number that was used is never used again.
  put(folder, BOOK, JSON.stringify({ ...book, crlNumber }, null, 2));
  put(folder, CRL, pemOf('X509 CRL', list));
  return crlNumber;
}

function sealed(privateKey: KeyObject, tbs: Buffer): Buffer {
  return signed(tbs, signatureOf('ec-p384').der, sign('sha384', tbs, privateKey));
}

function opened(deed: RootDeed): OpenedRoot {
  const { folder } = deed;
  if (!existsSync(join(folder, KEY))) throw refused('there is no root in it', folder);
  const [certificate] = pemParts(readFileSync(join(folder, CERTIFICATE), 'utf8'), 'CERTIFICATE');
  const passphrase = passphraseIn(deed, false);
  try {
    const privateKey = createPrivateKey({ key: readFileSync(join(folder, KEY)), format: 'pem', passphrase });
    return { privateKey, certificate: certificate as Buffer };
  } catch {
    // What OpenSSL says may quote what it read.
    throw refused('the passphrase does not open its key', folder);
  }
}

function passphraseIn({ passphraseFile }: RootDeed, mayMake: boolean): string {
  if (!existsSync(passphraseFile)) {
    if (!mayMake) throw refused('there is no such file of a passphrase', passphraseFile);
    writeFileSync(passphraseFile, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true });
  }
  const passphrase = readFileSync(passphraseFile, 'utf8').split(/\r?\n/)[0] ?? '';
  if (passphrase.length < LEAST_PASSPHRASE)
    throw refused(`a passphrase has ${LEAST_PASSPHRASE} characters or more`, passphraseFile);
  return passphrase;
}

function bookIn(folder: string): Book {
  const path = join(folder, BOOK);
  return existsSync(path)
    ? { ...EMPTY, ...(JSON.parse(readFileSync(path, 'utf8')) as Partial<Book>) }
    : EMPTY;
}

/** Whole or not at all. */
function put(folder: string, name: string, text: string): void {
  const draft = join(folder, `${name}.draft`);
  writeFileSync(draft, text, { mode: 0o600, flush: true });
  renameSync(draft, join(folder, name));
}

function refused(what: string, subject: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('root-refused', { subject, detail: { what, place: subject } });
}
