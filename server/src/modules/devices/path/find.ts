import { USAGES } from '../x509/extensions.ts';
import type { ReadCertificate } from '../x509/read-certificate.ts';
import type { ReadList } from './list.ts';
import { nameKey } from './names.ts';
import { type AskedPolicies, NO_POLICIES } from './policies.ts';
import { standingOf } from './standing.ts';
import { type Anchor, didSign, pathFault } from './validate.ts';

/** What paths are looked for in. */
export interface PathParts {
  readonly anchors: readonly Anchor[];
  readonly certificates: readonly ReadCertificate[];
  /** Null where nobody asks what is revoked; an empty one leaves every certificate unknown. */
  readonly lists: readonly ReadList[] | null;
  readonly nowMs: number;
}

export type FoundPath =
  /** From the one that the anchor signed to the one asked about. */
  { readonly anchor: Anchor; readonly path: readonly ReadCertificate[] } | { readonly fault: string };

/** Longest path that is looked at. */
export const MOST_PATH = 10;
/** How many paths and signers are looked at for one question: strangers' certificates can name one another at will. */
const MOST_STEPS = 2_000;

/**
 * Looks for a path from an anchor to a certificate that RFC 5280 §6 accepts, in whatever order certificates were given.
 * Answers the first; or what is wrong with the first that came up to an anchor.
 */
export function findPath(
  target: ReadCertificate,
  parts: PathParts,
  asked: { readonly policies?: AskedPolicies; readonly isForAuthority?: boolean } = {},
): FoundPath {
  const { policies = NO_POLICIES, isForAuthority = false } = asked;
  return new Finder(parts).find([target], policies, isForAuthority);
}

class Finder {
  readonly #parts: PathParts;
  /** Signers of lists whose own path is being looked at. */
  readonly #underWay = new Set<ReadCertificate>();
  #steps = 0;

  constructor(parts: PathParts) {
    this.#parts = parts;
  }

  find(path: readonly ReadCertificate[], policies: AskedPolicies, isForAuthority: boolean): FoundPath {
    const [top] = path as [ReadCertificate];
    const { anchors, certificates, lists, nowMs } = this.#parts;
    let fault: string | null = null;
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) return { fault: 'too many ways among the certificates given' };
    const issuer = nameKey(top.issuer);
    const standingFault =
      lists === null ? null : (n: number) => this.#standingFault(path[n] as ReadCertificate);
    for (const anchor of anchors) {
      if (nameKey(anchor.subject) !== issuer || !didSign(anchor, top)) continue;
      const found = pathFault(path, anchor, { nowMs, policies, isForAuthority, standingFault });
      if (found === null) return { anchor, path };
      fault ??= found;
    }
    if (path.length === MOST_PATH) return { fault: fault ?? 'too many certificates above it' };
    for (const each of certificates) {
      if (path.includes(each) || nameKey(each.subject) !== issuer || !didSign(each, top)) continue;
      const found = this.find([each, ...path], policies, isForAuthority);
      if (!('fault' in found)) return found;
      fault ??= found.fault;
    }
    return { fault: fault ?? 'nobody among those given signed it, or the one it names' };
  }

  #standingFault(one: ReadCertificate): string | null {
    const { lists, nowMs } = this.#parts;
    const standing = standingOf(one, lists ?? [], nowMs, list => this.#signerOf(list));
    if (standing === 'good') return null;
    return standing === 'revoked' ? 'revoked' : 'no list of what is revoked tells of it';
  }

  /** Who signed a list and may: an anchor, or somebody with the usage and a path of his own (§6.3.3 (f), (g)). */
  #signerOf(list: ReadList): Pick<Anchor, 'publicKey'> | null {
    const issuer = nameKey(list.issuer);
    const isIts = (each: Pick<Anchor, 'subject' | 'publicKey'>): boolean =>
      nameKey(each.subject) === issuer && didSign(each, list);
    return (
      this.#parts.anchors.find(isIts) ??
      this.#parts.certificates.find(each => maySignLists(each) && isIts(each) && this.#isTrusted(each)) ??
      null
    );
  }

  /**
   * Whether a signer of lists has a path himself. Somebody whose only list is his own is known by that one: his path is
   * whole, and whether he is revoked he tells himself.
   */
  #isTrusted(signer: ReadCertificate): boolean {
    if (this.#underWay.has(signer)) return true;
    this.#underWay.add(signer);
    const found = this.find([signer], NO_POLICIES, false);
    this.#underWay.delete(signer);
    return !('fault' in found);
  }
}

function maySignLists({ keyUsage }: ReadCertificate): boolean {
  return keyUsage === null || keyUsage.has(USAGES['crl-sign'] as number);
}
