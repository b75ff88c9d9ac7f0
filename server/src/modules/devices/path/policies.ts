import { DerReader, insideOf } from '../../../kernel/der/read.ts';
import { OID } from '../x509/extensions.ts';
import type { ReadCertificate } from '../x509/read-certificate.ts';

/** Policies of certificates along a path (RFC 5280 §6.1), kept as a graph, so that no chain makes it grow without bound (RFC 9618). */

export const ANY_POLICY = '2.5.29.32.0';

/** What whoever asks wants of the policies of a path (§6.1.1 (c) to (f)). */
export interface AskedPolicies {
  /** `ANY_POLICY` alone for whoever wants none in particular. */
  readonly wanted: ReadonlySet<string>;
  readonly isExplicit: boolean;
  readonly forbidsMapping: boolean;
  readonly forbidsAny: boolean;
}

export const NO_POLICIES: AskedPolicies = {
  wanted: new Set([ANY_POLICY]),
  isExplicit: false,
  forbidsMapping: false,
  forbidsAny: false,
};

interface Node {
  readonly policy: string;
  readonly parents: readonly Node[];
  /** Under which names the next certificate may say it. */
  expected: ReadonlySet<string>;
}

type Level = Map<string, Node>;

/** The policies of a path, told certificate by certificate from below the anchor. */
export class PolicyGraph {
  readonly #asked: AskedPolicies;
  #level: Level | null = new Map([[ANY_POLICY, node(ANY_POLICY, [])]]);
  #explicitIn: number;
  #mappingIn: number;
  #anyIn: number;

  constructor(asked: AskedPolicies, length: number) {
    this.#asked = asked;
    this.#explicitIn = asked.isExplicit ? 0 : length + 1;
    this.#mappingIn = asked.forbidsMapping ? 0 : length + 1;
    this.#anyIn = asked.forbidsAny ? 0 : length + 1;
  }

  /** Takes the policies of the next certificate (§6.1.3 (d) to (f)); false where a policy is required and none is left. */
  take(one: ReadCertificate, mayBeAny: boolean): boolean {
    const said = policiesIn(one);
    this.#level =
      said === null || this.#level === null
        ? null
        : nextLevel(this.#level, said, said.has(ANY_POLICY) && (this.#anyIn > 0 || mayBeAny));
    return this.#explicitIn > 0 || this.#level !== null;
  }

  /** Makes ready for the certificate below one (§6.1.4 (a), (b), (h) to (j)); false where one maps from or to any policy. */
  descend(one: ReadCertificate, isSelfIssued: boolean): boolean {
    const mappings = mappingsIn(one);
    if (mappings.has(ANY_POLICY)) return false;
    if ([...mappings.values()].some(to => to.has(ANY_POLICY))) return false;
    for (const [from, to] of mappings) this.#map(from, to);
    if (!isSelfIssued) {
      this.#explicitIn = less(this.#explicitIn);
      this.#mappingIn = less(this.#mappingIn);
      this.#anyIn = less(this.#anyIn);
    }
    const { explicitIn, mappingIn } = skipsIn(one);
    this.#explicitIn = Math.min(this.#explicitIn, explicitIn);
    this.#mappingIn = Math.min(this.#mappingIn, mappingIn);
    this.#anyIn = Math.min(this.#anyIn, anySkipIn(one));
    return true;
  }

  /** Whether the path stands after its last certificate (§6.1.5 (a), (b), (g)). */
  ends(last: ReadCertificate): boolean {
    const isExplicit = less(this.#explicitIn) === 0 || skipsIn(last).explicitIn === 0;
    return !isExplicit || this.#hasWanted();
  }

  #map(from: string, to: ReadonlySet<string>): void {
    const level = this.#level;
    if (level === null) return;
    const known = level.get(from);
    if (this.#mappingIn === 0) {
      level.delete(from);
      if (level.size === 0) this.#level = null;
    } else if (known !== undefined) known.expected = to;
    else {
      const whole = level.get(ANY_POLICY);
      if (whole !== undefined)
        level.set(from, { policy: from, parents: whole.parents.filter(isAny), expected: to });
    }
  }

  /** Whether a policy that the authorities stand for is one that is wanted. */
  #hasWanted(): boolean {
    const { wanted } = this.#asked;
    if (this.#level === null) return false;
    if (wanted.has(ANY_POLICY) || this.#level.has(ANY_POLICY)) return true;
    const waiting = [...this.#level.values()];
    const seen = new Set(waiting);
    for (const each of waiting) {
      // Beneath any policy a policy is the authority's own word, not a translation of another's.
      if (each.parents.some(isAny) && wanted.has(each.policy)) return true;
      for (const parent of each.parents)
        if (!seen.has(parent)) {
          seen.add(parent);
          waiting.push(parent);
        }
    }
    return false;
  }
}

function node(policy: string, parents: readonly Node[]): Node {
  return { policy, parents, expected: new Set([policy]) };
}

const isAny = ({ policy }: Node): boolean => policy === ANY_POLICY;
const less = (count: number): number => Math.max(0, count - 1);

function nextLevel(level: Level, said: ReadonlySet<string>, takesAny: boolean): Level | null {
  const expecting = new Map<string, Node[]>();
  for (const each of level.values())
    for (const policy of each.expected) expecting.set(policy, [...(expecting.get(policy) ?? []), each]);
  const next: Level = new Map();
  const whole = level.get(ANY_POLICY);
  for (const policy of said) {
    if (policy === ANY_POLICY) continue;
    const parents = expecting.get(policy) ?? (whole === undefined ? [] : [whole]);
    if (parents.length > 0) next.set(policy, node(policy, parents));
  }
  if (takesAny)
    for (const [policy, parents] of expecting) if (!next.has(policy)) next.set(policy, node(policy, parents));
  return next.size === 0 ? null : next;
}

const MOST_POLICIES = 128;

/** The policies that a certificate says; null where it says none. Qualifiers are for people, not for paths. */
function policiesIn({ extensions }: ReadCertificate): ReadonlySet<string> | null {
  const extension = extensions.get(OID.certificatePolicies);
  if (extension === undefined) return null;
  const inside = insideOf(extension.value);
  const found = new Set<string>();
  while (!inside.isAtEnd) {
    const policy = inside.enter(0x30).oid();
    if (found.has(policy)) throw inside.no('one policy twice');
    if (found.size === MOST_POLICIES) throw inside.no('too many policies');
    found.add(policy);
  }
  return found;
}

function mappingsIn({ extensions }: ReadCertificate): ReadonlyMap<string, ReadonlySet<string>> {
  const extension = extensions.get(OID.policyMappings);
  const found = new Map<string, Set<string>>();
  if (extension === undefined) return found;
  const inside = insideOf(extension.value);
  for (let count = 0; !inside.isAtEnd; count += 1) {
    if (count === MOST_POLICIES) throw inside.no('too many policies');
    const pair = inside.enter(0x30);
    const from = pair.oid();
    const to = pair.oid();
    pair.close();
    found.set(from, (found.get(from) ?? new Set()).add(to));
  }
  return found;
}

/** After how many more certificates a policy is required, and mapping forbidden (§4.2.1.11). */
function skipsIn({ extensions }: ReadCertificate): {
  readonly explicitIn: number;
  readonly mappingIn: number;
} {
  const extension = extensions.get(OID.policyConstraints);
  const never = Number.POSITIVE_INFINITY;
  if (extension === undefined) return { explicitIn: never, mappingIn: never };
  const inside = insideOf(extension.value);
  const explicitIn = inside.nextTag === 0x80 ? countIn(inside, 0x80) : never;
  const mappingIn = inside.nextTag === 0x81 ? countIn(inside, 0x81) : never;
  inside.close();
  return { explicitIn, mappingIn };
}

function anySkipIn({ extensions }: ReadCertificate): number {
  const extension = extensions.get(OID.inhibitAnyPolicy);
  return extension === undefined ? Number.POSITIVE_INFINITY : new DerReader(extension.value).small();
}

/** A whole number under a tag of its own. */
function countIn(reader: DerReader, tag: number): number {
  const bytes = reader.contents(reader.element(tag));
  if (bytes.length === 0 || bytes.length > 4 || (bytes[0] as number) >= 0x80)
    throw reader.no('a number of no sensible size');
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
