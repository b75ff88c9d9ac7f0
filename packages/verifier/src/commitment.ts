import { type Octets, utf8 } from './octets.ts';
import { VerificationError } from './refusal.ts';

/**
 * That salt and text open a commitment of a ledger entry: HMAC-SHA-256 with the 32-byte salt as key over the
 * UTF-8 text. Throws `commitment-invalid`.
 */
export async function verifyCommitment(commitment: Octets, salt: Octets, text: string): Promise<void> {
  if (salt.length !== 32 || commitment.length !== 32) {
    throw new VerificationError('commitment-invalid', 'salt and commitment have 32 bytes each');
  }
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', salt, algorithm, false, ['verify']);
  if (!(await crypto.subtle.verify('HMAC', key, commitment, utf8(text)))) {
    throw new VerificationError('commitment-invalid', 'salt and text do not open the commitment');
  }
}
