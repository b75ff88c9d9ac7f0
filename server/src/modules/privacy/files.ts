import { sha256 } from '../../kernel/bytes.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { PrivacyCode } from './model.ts';

/** A document that somebody attached, with its digest (SHA-256, hex). */
export interface Attached {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Reads base64 strictly: what would be read in more than one way is refused with `file-digest-differs`. */
export function attached(base64: string): Attached {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== base64)
    throw new Refusal<PrivacyCode>('file-digest-differs');
  return { bytes, sha256: sha256(bytes).toString('hex') };
}
