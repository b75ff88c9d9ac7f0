import { hkdfSync } from 'node:crypto';

/**
 * Secrets made of one key by their names (HKDF, RFC 5869, with SHA-256): the same name gives the same secret, and
 * none tells anything of another or of the key. They need not be kept. `purpose` parts one use of a key from another.
 */
export function derivedSecrets(keyHex: string, purpose: string): (name: string) => string {
  const key = Buffer.from(keyHex, 'hex');
  return name => Buffer.from(hkdfSync('sha256', key, '', `${purpose}/${name}`, 32)).toString('base64url');
}
