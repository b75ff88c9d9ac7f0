import { createHash } from 'node:crypto';

/** SHA-256 of the concatenation of the parts: 32 bytes. */
export function sha256(...parts: ReadonlyArray<Uint8Array | string>): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
