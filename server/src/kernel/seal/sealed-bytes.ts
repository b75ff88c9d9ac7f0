import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import { Refusal } from '../refusal.ts';
import type { OpeningCode } from './refusals.ts';

/** Form 1: AES-256-GCM (NIST SP 800-38D) with a nonce of 96 random bits and the full tag of 128. */
const FORM = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const CONTENT_KEY_BYTES = 32;

/** Where a sealed text belongs; it opens nowhere else. */
export type Place = Readonly<Record<string, string | number>>;

/** A new random key of 256 bits for AES-256-GCM. */
export function newContentKey(): Buffer {
  return randomBytes(CONTENT_KEY_BYTES);
}

/**
 * Seals bytes under a key for one place: `01 ‖ nonce ‖ ciphertext ‖ tag`. The place is additional data, so that a
 * sealed text moved to another record, field or key opens there no more.
 */
export function sealBytes(key: Uint8Array, place: Place, bytes: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeBytes(place));
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return Buffer.concat([Buffer.of(FORM), nonce, sealed, cipher.getAuthTag()]);
}

/**
 * Opens what `sealBytes` made under that key for that place. Anything else — another key or place, a changed or
 * shortened text, a short tag — is the refusal `sealed-unopened`; nothing of what was decrypted gets out.
 */
export function openBytes(key: Uint8Array, place: Place, sealed: Uint8Array): Buffer {
  if (sealed.length < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== FORM)
    throw new Refusal<OpeningCode>('sealed-unopened');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  // Without authTagLength Node takes a tag of four bytes as well.
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(placeBytes(place));
  cipher.setAuthTag(tag);
  try {
    const opened = cipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES));
    return Buffer.concat([opened, cipher.final()]);
  } catch {
    throw new Refusal<OpeningCode>('sealed-unopened');
  }
}

/** The digest by which an exact text is found without being kept: HMAC-SHA-256 under the index's own key, 32 bytes. */
export function blindIndex(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}

function placeBytes(place: Place): Buffer {
  return Buffer.from(canonicalJson({ v: FORM, ...place }), 'utf8');
}
