import { verify } from 'node:crypto';
import { DerReader } from '../../../kernel/der/read.ts';
import { isRefusal } from '../../../kernel/refusal.ts';
import { type PublicKey, readSignatureAlgorithm } from '../x509/algorithms.ts';
import { OID, USAGES } from '../x509/extensions.ts';
import type { ReadCertificate } from '../x509/read-certificate.ts';
import { publicKeyOf } from '../x509/request.ts';
import { type NameConstraints, readNameConstraints, strangeName } from './constraints.ts';
import { nameKey } from './names.ts';
import { type AskedPolicies, PolicyGraph } from './policies.ts';

/** Whom a path begins with: a name and a key that are trusted without a proof (RFC 5280 §6.1.1 (d)). */
export interface Anchor {
  readonly subject: Uint8Array;
  readonly publicKey: PublicKey;
  /** Its own certificate, where what that says of paths is to hold as well (RFC 5937). */
  readonly certificate?: ReadCertificate | undefined;
}

export interface PathQuestion {
  readonly nowMs: number;
  readonly policies: AskedPolicies;
  /** Whether the last one, too, must be an authority that may issue. */
  readonly isForAuthority: boolean;
  /** What is wrong with the standing of the n-th certificate of the path, by lists; null where none are asked. */
  readonly standingFault: ((n: number) => string | null) | null;
}

/** Extensions that paths are judged by; every other one that is critical is not understood (§6.1.4 (o), §6.1.5 (f)). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...[OID.basicConstraints, OID.keyUsage, OID.nameConstraints, OID.certificatePolicies, OID.policyMappings],
  ...[OID.policyConstraints, OID.inhibitAnyPolicy, OID.subjectAltName, OID.subjectKeyId],
]);

/**
 * What is wrong with a path, by RFC 5280 §6.1; null for nothing. The path lies from the one that the anchor signed to the
 * one that is asked about. Certificates that cannot be read in some part are wrong in it: nothing is thrown.
 */
export function pathFault(
  path: readonly ReadCertificate[],
  anchor: Anchor,
  asked: PathQuestion,
): string | null {
  try {
    return new Walk(path.length, anchor, asked).fault(path);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return `cannot be read: ${thrown.detail['what'] ?? thrown.code}`;
  }
}

/** The state that §6.1.2 begins with and each certificate changes. */
class Walk {
  readonly #asked: PathQuestion;
  readonly #policies: PolicyGraph;
  readonly #constraints: NameConstraints[] = [];
  #issuer: Pick<Anchor, 'subject' | 'publicKey'>;
  readonly #root: ReadCertificate | undefined;
  /** How many more authorities that somebody else issued to may follow (§6.1.2 (k)). */
  #mostBelow: number;

  constructor(length: number, anchor: Anchor, asked: PathQuestion) {
    this.#asked = asked;
    this.#policies = new PolicyGraph(asked.policies, length);
    this.#issuer = anchor;
    this.#root = anchor.certificate;
    // An authority at the end of a path is counted as well.
    this.#mostBelow = length + 1;
  }

  fault(path: readonly ReadCertificate[]): string | null {
    const above = this.#root === undefined ? null : this.#rootFault(this.#root);
    if (above !== null) return above;
    for (const [n, one] of path.entries()) {
      const isLast = n === path.length - 1;
      const fault = this.#basicFault(one, n, isLast);
      if (fault !== null) return fault;
      if (!isLast || this.#asked.isForAuthority) {
        const unfit = this.#authorityFault(one);
        if (unfit !== null) return unfit;
      }
      if (!isLast && !this.#policies.descend(one, isSelfIssued(one))) return 'maps a policy from or to any';
      const strange = this.#notUnderstood(one);
      if (strange !== null) return `critical extension ${strange}`;
      if (isLast) return this.#policies.ends(one) ? null : 'no policy that is wanted';
      this.#issuer = one;
    }
    return 'nothing to look at';
  }

  #rootFault(root: ReadCertificate): string | null {
    const { nowMs } = this.#asked;
    if (nowMs < root.notBeforeMs || nowMs > root.notAfterMs) return 'not good now';
    const fault = this.#authorityFault(root);
    if (fault !== null) return fault;
    if (!this.#policies.descend(root, true)) return 'maps a policy from or to any';
    const strange = this.#notUnderstood(root);
    return strange === null ? null : `critical extension ${strange}`;
  }

  /** §6.1.3. */
  #basicFault(one: ReadCertificate, n: number, isLast: boolean): string | null {
    const { nowMs } = this.#asked;
    if (nameKey(one.issuer) !== nameKey(this.#issuer.subject)) return 'names another issuer';
    if (!didSign(this.#issuer, one)) return 'its issuer did not sign it';
    if (nowMs < one.notBeforeMs || nowMs > one.notAfterMs) return 'not good now';
    const standing = this.#asked.standingFault?.(n) ?? null;
    if (standing !== null) return standing;
    const isBetweenKeys = !isLast && isSelfIssued(one);
    if (!isBetweenKeys && strangeName(one, this.#constraints) !== null)
      return 'a name that those above it do not allow (nameConstraints)';
    return this.#policies.take(one, isBetweenKeys) ? null : 'no policy, where one is required';
  }

  /** §6.1.4 (g), (k) to (n). */
  #authorityFault(one: ReadCertificate): string | null {
    if (!one.isAuthority) return 'no authority (basicConstraints)';
    if (one.keyUsage !== null && !one.keyUsage.has(USAGES['key-cert-sign'] as number))
      return 'may not sign certificates (keyUsage)';
    if (!isSelfIssued(one)) {
      if (this.#mostBelow <= 0) return 'allows fewer below it (pathLenConstraint)';
      this.#mostBelow -= 1;
    }
    if (one.pathLength !== null) this.#mostBelow = Math.min(this.#mostBelow, one.pathLength);
    const constraints = one.extensions.get(OID.nameConstraints);
    if (constraints !== undefined) this.#constraints.push(readNameConstraints(constraints.value));
    return null;
  }

  /** Where the lists lie is heeded by whoever asks lists. */
  #notUnderstood({ extensions }: ReadCertificate): string | null {
    const asksLists = this.#asked.standingFault !== null;
    for (const [id, { isCritical }] of extensions)
      if (isCritical && !UNDERSTOOD.has(id) && !(asksLists && id === OID.crlDistributionPoints)) return id;
    return null;
  }
}

/** Whether somebody certified himself, as when a key is changed; such certificates count for no length (§3.2). */
export function isSelfIssued(one: ReadCertificate): boolean {
  return nameKey(one.issuer) === nameKey(one.subject);
}

/** Whether the key of one made the signature of the other; false where it is of a kind that is not taken. */
export function didSign(
  signer: Pick<Anchor, 'publicKey'>,
  one: { readonly algorithm: Uint8Array; readonly tbs: Uint8Array; readonly signature: Uint8Array },
): boolean {
  const { type, spki } = signer.publicKey;
  try {
    const { digest } = readSignatureAlgorithm(new DerReader(one.algorithm), type);
    return verify(digest, one.tbs, publicKeyOf(spki), one.signature);
  } catch (thrown) {
    if (isRefusal(thrown)) return false;
    throw thrown;
  }
}
