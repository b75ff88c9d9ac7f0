import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export const SALT_BYTES = 32;

/** 32 random bytes; one for each text and entry, never used twice. */
export function newSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

/**
 * What stands in a ledger entry in place of a text that may be guessed: HMAC-SHA-256 with the salt as key, 32
 * bytes. With the salt it proves the text; without it, it says nothing, so that shredding the salt is erasure.
 */
export function commit(salt: Uint8Array, text: string): Buffer {
  if (salt.length !== SALT_BYTES) throw new RangeError('a salt has 32 bytes');
  return createHmac('sha256', salt).update(text, 'utf8').digest();
}

/** Whether salt and text open the commitment. */
export function opens(commitment: Uint8Array, salt: Uint8Array, text: string): boolean {
  const expected = commit(salt, text);
  return expected.length === commitment.length && timingSafeEqual(expected, commitment);
}
