import { COSIGNATURE, ED25519, parseVerifierKey, type VerifierKey } from './note.ts';
import { toHex } from './octets.ts';
import { VerificationError } from './refusal.ts';

/** Whom a verifier trusts, as a C2SP tlog-policy file says it (https://c2sp.org/tlog-policy). */
export interface Policy {
  readonly logs: readonly TrustedLog[];
  readonly witnesses: readonly VerifierKey[];
  /** Whether the keys (as hex of the public key) that signed are enough. */
  isQuorum(signers: ReadonlySet<string>): boolean;
}

export interface TrustedLog {
  readonly key: VerifierKey;
  /** The first line of its checkpoints; the key's name unless the log says otherwise. */
  readonly origin: string;
}

type Quorum = Policy['isQuorum'];

/** Groups of groups are asked one within another: so many lines bound how deep. */
const MOST_LINES = 1_000;

/** A policy that trusts one log and asks for no witness. */
export async function policyOf(vkey: string, origin?: string): Promise<Policy> {
  const key = await parseVerifierKey(vkey);
  if (key.type !== ED25519) throw new VerificationError('policy-malformed', 'the key is not one of a log');
  return { logs: [{ key, origin: origin ?? key.name }], witnesses: [], isQuorum: () => true };
}

/** Reads a policy file. Throws `policy-malformed` with the line, or `vkey-malformed`. */
export async function parsePolicy(text: string): Promise<Policy> {
  const logs: TrustedLog[] = [];
  const witnesses: VerifierKey[] = [];
  const names = new Map<string, Quorum>();
  const keys = new Set<string>();
  const members = new Set<string>();
  let quorum: Quorum | null = null;

  const newName = (name: string | undefined, line: string): string => {
    if (name === undefined || name === 'none' || names.has(name)) throw malformed(line);
    return name;
  };
  const newKey = async (vkey: string | undefined, type: number, line: string): Promise<VerifierKey> => {
    const key = await parseVerifierKey(vkey ?? '');
    const id = `${type}/${toHex(key.publicKey)}`;
    if (key.type !== type || keys.has(id)) throw malformed(line);
    keys.add(id);
    return key;
  };

  const raws = text.split('\n', MOST_LINES + 1);
  if (raws.length > MOST_LINES) throw new VerificationError('policy-malformed', `over ${MOST_LINES} lines`);
  for (const raw of raws) {
    const line = raw.replace(/^[ \t]+|[ \t]+$/g, '');
    if (line === '' || line.startsWith('#')) continue;
    const [word, ...rest] = line.split(/[ \t]+/);
    if (word === 'log' && rest.length <= 2) {
      const key = await newKey(rest[0], ED25519, line);
      logs.push({ key, origin: key.name });
    } else if (word === 'witness' && rest.length <= 3) {
      const name = newName(rest[0], line);
      const key = await newKey(rest[1], COSIGNATURE, line);
      witnesses.push(key);
      names.set(name, signers => signers.has(toHex(key.publicKey)));
    } else if (word === 'group') {
      names.set(newName(rest[0], line), groupOf(rest.slice(1), names, members, line));
    } else if (word === 'quorum' && rest.length === 1 && quorum === null) {
      quorum = rest[0] === 'none' ? () => true : (names.get(rest[0] as string) ?? null);
      if (quorum === null) throw malformed(line);
    } else {
      throw malformed(line);
    }
  }
  if (quorum === null) throw new VerificationError('policy-malformed', 'no quorum line');
  return { logs, witnesses, isQuorum: quorum };
}

function groupOf(
  [threshold, ...members]: string[],
  names: ReadonlyMap<string, Quorum>,
  taken: Set<string>,
  line: string,
): Quorum {
  const parts = members.map(name => {
    const part = names.get(name);
    if (part === undefined || taken.has(name)) throw malformed(line);
    taken.add(name);
    return part;
  });
  const least = threshold === 'all' ? parts.length : threshold === 'any' ? 1 : Number(threshold);
  const isNumber = /^(all|any|[1-9]\d*)$/.test(threshold ?? '');
  if (!isNumber || parts.length === 0 || least > parts.length) throw malformed(line);
  return signers => parts.filter(part => part(signers)).length >= least;
}

function malformed(line: string): VerificationError {
  return new VerificationError('policy-malformed', line);
}
