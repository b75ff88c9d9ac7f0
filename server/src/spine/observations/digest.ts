import { sha256 } from '../../kernel/bytes.ts';

/**
 * What makes a record itself, whenever and however often it arrives (C-17, E-03): SHA-256 over the source
 * and either the provider's record id, where the source declares one, or the record's own bytes.
 *
 * Two records of one source without an id and with equal bytes are therefore one record.
 */
export function recordDigest(sourceId: number, recordId: string | undefined, raw: Uint8Array): Buffer {
  return recordId === undefined
    ? sha256(`observation\0${sourceId}\0raw\0`, raw)
    : sha256(`observation\0${sourceId}\0id\0`, recordId);
}
