import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { leafHash, verifyInclusion } from './merkle.ts';
import { fromBase64, type Octets } from './octets.ts';
import type { Policy } from './policy.ts';
import { VerificationError } from './refusal.ts';

/** A `.tlog-proof` file of C2SP tlog-proof (https://c2sp.org/tlog-proof), taken apart. */
export interface LogProof {
  readonly index: number;
  readonly hashes: readonly Octets[];
  readonly checkpoint: string;
}

export interface VerifiedEntry {
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

const MOST_HASHES = 63;

/** Throws `proof-malformed`. An `extra` line is not authenticated and is dropped. */
export function parseProof(text: string): LogProof {
  const split = text.indexOf('\n\n');
  if (split < 0) throw malformed('no empty line');
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw malformed('another first line');
  const extra = /^extra (.*)$/.exec(lines[0] ?? '');
  if (extra !== null) {
    if (fromBase64(extra[1] as string) === null) throw malformed('extra data');
    lines.shift();
  }
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined || !Number.isSafeInteger(Number(index))) throw malformed('index');
  if (lines.length > MOST_HASHES) throw malformed('too many hashes');
  const hashes = lines.map(line => {
    const hash = fromBase64(line);
    if (hash?.length !== 32) throw malformed('a hash line');
    return hash;
  });
  return { index: Number(index), hashes, checkpoint: text.slice(split + 2) };
}

/**
 * That the entry is in the log: the leaf is hashed from the entry itself, the checkpoint meets the policy, and
 * the hashes lead from one to the other. Throws `proof-malformed`, `proof-invalid`, or what `verifyCheckpoint` throws.
 */
export async function verifyProof(text: string, entry: Uint8Array, policy: Policy): Promise<VerifiedEntry> {
  const proof = parseProof(text);
  const leaf = await leafHash(entry);
  const checkpoint = await verifyCheckpoint(proof.checkpoint, policy);
  await verifyInclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root);
  return { index: proof.index, checkpoint };
}

function malformed(detail: string): VerificationError {
  return new VerificationError('proof-malformed', detail);
}
