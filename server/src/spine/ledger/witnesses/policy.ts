import { isKeyName } from '../note.ts';
import { type WitnessKey, witnessKeyOf } from './cosignature.ts';

/** A witness that is asked for cosignatures. */
export interface AskedWitness {
  /** Its name in the policy. */
  readonly name: string;
  readonly key: WitnessKey;
  /** Submission and monitoring prefix, without a slash at the end. */
  readonly url: string;
}

/** Who cosigns the ledger, and which of them are enough. */
export interface WitnessPolicy {
  readonly witnesses: readonly AskedWitness[];
  /** Whether these witnesses, by their names in the policy, are the quorum. */
  isQuorum(names: ReadonlySet<string>): boolean;
}

export const NO_WITNESSES: WitnessPolicy = { witnesses: [], isQuorum: () => true };

type Quorum = WitnessPolicy['isQuorum'];

/**
 * Reads the witnesses out of a C2SP tlog-policy file (https://c2sp.org/tlog-policy): the file that verifiers take, so
 * that who asks and who checks cannot differ. Lines of logs are theirs alone. A witness without an address is
 * known and not asked. `faults` holds the lines that cannot be used.
 */
export function readWitnessPolicy(text: string): { policy: WitnessPolicy; faults: string[] } {
  const witnesses: AskedWitness[] = [];
  const parts = new Map<string, Quorum>();
  const taken = new Set<string>();
  const keys = new Set<string>();
  const faults: string[] = [];
  let quorum: Quorum | undefined;
  const isKnown = (name: string): boolean => name === 'none' || parts.has(name);

  for (const raw of text.split('\n')) {
    const line = raw.replace(/^[ \t]+|[ \t\r]+$/g, '');
    if (line === '' || line.startsWith('#')) continue;
    const [word, name = '', ...rest] = line.split(/[ \t]+/);
    const isNew = isKeyName(name) && name !== 'none' && !parts.has(name);
    if (word === 'log') continue;
    if (word === 'witness' && isNew && rest.length <= 2) {
      const key = witnessKeyOf(rest[0] ?? '');
      const url = rest[1]?.replace(/\/+$/, '');
      if (key !== null && !keys.has(key.publicKey.toString('hex')) && (url === undefined || isAddress(url))) {
        keys.add(key.publicKey.toString('hex'));
        parts.set(name, names => names.has(name));
        if (url !== undefined) witnesses.push({ name, key, url });
        continue;
      }
    }
    const group = word === 'group' && isNew ? groupOf(rest, parts, taken) : null;
    if (group !== null) parts.set(name, group);
    else if (word === 'quorum' && quorum === undefined && rest.length === 0 && isKnown(name)) {
      quorum = name === 'none' ? () => true : parts.get(name);
    } else faults.push(line);
  }
  if (quorum === undefined) faults.push('quorum …');
  return { policy: { witnesses, isQuorum: quorum ?? (() => false) }, faults };
}

function groupOf(
  [threshold = '', ...members]: string[],
  parts: ReadonlyMap<string, Quorum>,
  taken: Set<string>,
): Quorum | null {
  const held = members.map(member => parts.get(member));
  const isFree = members.every(member => !taken.has(member)) && new Set(members).size === members.length;
  const least = threshold === 'all' ? held.length : threshold === 'any' ? 1 : Number(threshold);
  if (!isFree || held.length === 0 || !/^(all|any|[1-9]\d{0,3})$/.test(threshold) || least > held.length)
    return null;
  if (!held.every(part => part !== undefined)) return null;
  for (const member of members) taken.add(member);
  return names => held.filter(part => part(names)).length >= least;
}

function isAddress(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
