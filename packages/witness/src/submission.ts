import { fromBase64, type Octets } from '@thingward/verifier';

/** The body of an add-checkpoint request (https://c2sp.org/tlog-witness), taken apart; nothing in it is verified. */
export interface Submission {
  readonly oldSize: number;
  readonly hashes: readonly Octets[];
  /** The checkpoint as it was signed. */
  readonly note: string;
}

const MOST_HASHES = 63;

/** Null when it is malformed. */
export function parseSubmission(body: string): Submission | null {
  const split = body.indexOf('\n\n');
  if (split < 0 || !body.isWellFormed()) return null;
  const [first, ...lines] = body.slice(0, split).split('\n');
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first as string)?.[1];
  if (old === undefined || !Number.isSafeInteger(Number(old)) || lines.length > MOST_HASHES) return null;
  const hashes = lines.map(fromBase64);
  if (!hashes.every(hash => hash?.length === 32)) return null;
  return { oldSize: Number(old), hashes: hashes as Octets[], note: body.slice(split + 2) };
}
