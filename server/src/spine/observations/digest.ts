import { hash } from 'node:crypto';

/**
 * What makes a record itself, whenever and however often it arrives (C-17, E-03): SHA-256 over the source
 * and either the provider's record id, where the source declares one, or the record's own bytes.
 *
 * Two records of one source without an id and with equal bytes are therefore one record.
 */
export function recordDigest(sourceId: number, recordId: string | undefined, raw: Uint8Array): Buffer {
  if (recordId !== undefined) return hash('sha256', `observation\0${sourceId}\0id\0${recordId}`, 'buffer');
  const head = `observation\0${sourceId}\0raw\0`;
  if (scratch.length < head.length + raw.length) scratch = Buffer.allocUnsafe((head.length + raw.length) * 2);
  scratch.write(head, 'latin1');
  scratch.set(raw, head.length);
  return hash('sha256', scratch.subarray(0, head.length + raw.length), 'buffer');
}

/** Where a record's bytes are joined to what stands before them: one call of the hash is faster than two. */
let scratch = Buffer.allocUnsafe(4_096);
