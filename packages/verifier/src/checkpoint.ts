import { type Tree, verifyTreeConsistency } from './merkle.ts';
import { parseNote, signersOf } from './note.ts';
import { fromBase64, type Octets, toHex } from './octets.ts';
import type { Policy } from './policy.ts';
import { VerificationError } from './refusal.ts';

/** A checkpoint of C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint). */
export interface Checkpoint extends Tree {
  readonly origin: string;
}

/** The checkpoint of a note's text, signatures apart. Throws `checkpoint-malformed`. Extension lines are passed over. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n');
  const hash = fromBase64(root ?? '');
  const isSize = /^(0|[1-9]\d{0,15})$/.test(size ?? '') && Number.isSafeInteger(Number(size));
  if (!origin || !isSize || hash?.length !== 32 || rest.length === 0) {
    throw new VerificationError('checkpoint-malformed', 'not an origin, a size and a root');
  }
  return { origin, size: Number(size), root: hash };
}

/**
 * The checkpoint of a signed note, once the policy is met: its origin is that of a known log, that log signed
 * it, every line of a known key verifies, and the witnesses are a quorum.
 *
 * Throws `origin-unknown`, `note-unsigned`, `signature-invalid`, `quorum-missed`, or what parsing throws.
 */
export async function verifyCheckpoint(note: string, policy: Policy): Promise<Checkpoint> {
  const parsed = parseNote(note);
  const checkpoint = parseCheckpoint(parsed.text);
  const logs = policy.logs.filter(log => log.origin === checkpoint.origin);
  if (logs.length === 0) throw new VerificationError('origin-unknown', checkpoint.origin);
  const logKeys = logs.map(log => log.key);
  if ((await signersOf(parsed, logKeys)).length === 0) {
    throw new VerificationError('note-unsigned', 'the log did not sign its checkpoint');
  }
  const witnesses = await signersOf(parsed, policy.witnesses);
  if (!policy.isQuorum(new Set(witnesses.map(key => toHex(key.publicKey))))) {
    throw new VerificationError('quorum-missed', `${witnesses.length} known witnesses cosigned`);
  }
  return checkpoint;
}

/**
 * That the newer checkpoint's log begins with the older one's. Both notes are verified first. Throws
 * `consistency-invalid` or what `verifyCheckpoint` throws; returns the newer checkpoint.
 */
export async function verifyConsistency(
  olderNote: string,
  newerNote: string,
  hashes: readonly Octets[],
  policy: Policy,
): Promise<Checkpoint> {
  const older = await verifyCheckpoint(olderNote, policy);
  const newer = await verifyCheckpoint(newerNote, policy);
  if (older.origin !== newer.origin) throw new VerificationError('consistency-invalid', 'two different logs');
  await verifyTreeConsistency(older, newer, hashes);
  return newer;
}
