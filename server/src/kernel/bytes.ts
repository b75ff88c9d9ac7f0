import { createHash, hash } from 'node:crypto';

/** SHA-256 of the concatenation of the parts: 32 bytes. */
export function sha256(...parts: ReadonlyArray<Uint8Array | string>): Buffer {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return hash('sha256', only, 'buffer');
  const whole = createHash('sha256');
  for (const part of parts) whole.update(part);
  return whole.digest();
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
