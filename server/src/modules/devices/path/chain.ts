import { verify } from 'node:crypto';
import { DerReader } from '../../../kernel/der/read.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import type { DeviceCode } from '../codes.ts';
import { readSignatureAlgorithm } from '../x509/algorithms.ts';
import { USAGES } from '../x509/extensions.ts';
import { type ReadCertificate, readCertificate } from '../x509/read-certificate.ts';
import { publicKeyOf } from '../x509/request.ts';

/** Longest chain above an authority. */
export const MOST_CHAIN = 8;

/**
 * Checks that a certificate may issue to devices and that those above it lead to a root that signs itself: each is an
 * authority that may sign certificates, signed the one below, is good at the moment, allows so many below it, and has no
 * critical extension that nobody here understands (RFC 5280 §6.1). The order is mended where it was another; who is not
 * needed is refused. Answers the authority first, the root last.
 *
 * Refuses `authority-certificate-refused` with what is wrong.
 */
export function authorityChain(
  certificate: Uint8Array,
  above: readonly Uint8Array[],
  nowMs: number,
): ReadCertificate[] {
  if (above.length > MOST_CHAIN) throw refused('too many certificates above it');
  const waiting = above.map(read);
  const chain = [read(certificate)];
  for (;;) {
    const last = chain.at(-1) as ReadCertificate;
    lookAt(last, chain.length - 2, nowMs);
    if (Buffer.compare(last.issuer, last.subject) === 0) {
      if (!didSign(last, last)) throw refused('the root did not sign itself');
      break;
    }
    const place = waiting.findIndex(
      each => Buffer.compare(each.subject, last.issuer) === 0 && didSign(each, last),
    );
    if (place < 0) throw refused('nobody among those given signed it, or the one it names');
    chain.push(...waiting.splice(place, 1));
  }
  if (chain.length < 2) throw refused('it signed itself: the root is kept elsewhere');
  if (waiting.length > 0) throw refused('a certificate that is not above it');
  return chain;
}

/** `below` is how many authorities stand between this one and those who are no authorities; -1 for the first. */
function lookAt(one: ReadCertificate, below: number, nowMs: number): void {
  if (!one.isAuthority) throw refused('no authority (basicConstraints)');
  if (one.keyUsage === null || !one.keyUsage.has(USAGES['key-cert-sign'] as number))
    throw refused('may not sign certificates (keyUsage)');
  if (one.pathLength !== null && one.pathLength < below + 1)
    throw refused('allows fewer below it (pathLenConstraint)');
  if (nowMs < one.notBeforeMs || nowMs > one.notAfterMs) throw refused('not good now');
  if (one.unknownCritical.length > 0) throw refused(`critical extension ${one.unknownCritical[0]}`);
}

/** Whether the key of one made the signature of the other. */
export function didSign(signer: ReadCertificate, one: ReadCertificate): boolean {
  const { type, spki } = signer.publicKey;
  const { digest } = readSignatureAlgorithm(new DerReader(one.algorithm), type);
  return verify(digest, one.tbs, publicKeyOf(spki), one.signature);
}

function read(der: Uint8Array): ReadCertificate {
  return readCertificate(der);
}

function refused(what: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('authority-certificate-refused', { detail: { what } });
}
