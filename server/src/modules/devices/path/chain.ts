import { Refusal } from '../../../kernel/refusal.ts';
import type { DeviceCode } from '../codes.ts';
import { type ReadCertificate, readCertificate } from '../x509/read-certificate.ts';
import { findPath } from './find.ts';
import { readList } from './list.ts';
import { didSign, isSelfIssued } from './validate.ts';

/** Longest chain above an authority. */
export const MOST_CHAIN = 8;
const MOST_LISTS = 32;

/**
 * Checks that a certificate may issue to devices and that those above it lead to a root that signs itself, by RFC 5280
 * §6; what the root's own certificate says of those below it holds as well. With lists of what is revoked each one below
 * the root must be told of by one; without, nobody asks. The order is mended where it was another; who is not needed is
 * refused. Answers the authority first, the root last.
 *
 * Refuses `authority-certificate-refused` with what is wrong, `der-unreadable`, `key-refused`.
 */
export function authorityChain(
  certificate: Uint8Array,
  above: readonly Uint8Array[],
  nowMs: number,
  lists: readonly Uint8Array[] | null = null,
): ReadCertificate[] {
  if (above.length > MOST_CHAIN) throw refused('too many certificates above it');
  if ((lists?.length ?? 0) > MOST_LISTS) throw refused('too many lists of what is revoked');
  const own = readCertificate(certificate);
  if (isRoot(own)) throw refused('it signed itself: the root is kept elsewhere');
  const given = above.map(readCertificate);
  const found = findPath(
    own,
    {
      anchors: given.filter(isRoot).map(root => ({ ...root, certificate: root })),
      certificates: given.filter(each => !isRoot(each)),
      lists: lists?.map(readList) ?? null,
      nowMs,
    },
    { isForAuthority: true },
  );
  if ('fault' in found) throw refused(found.fault);
  const chain = [...found.path].reverse();
  if (chain.length < given.length) throw refused('a certificate that is not above it');
  return [...chain, found.anchor.certificate as ReadCertificate];
}

function isRoot(one: ReadCertificate): boolean {
  return isSelfIssued(one) && didSign(one, one);
}

function refused(what: string): Refusal<DeviceCode> {
  return new Refusal<DeviceCode>('authority-certificate-refused', { detail: { what } });
}
