import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * How a push shows that it comes from who knows the secret: `hmac-sha256` signs the body as it was sent (RFC 2104),
 * in hexadecimal or base64, with or without `sha256=` before it; `token` sends the secret itself, with or without
 * `Bearer`.
 */
export type HookScheme = 'hmac-sha256' | 'token';

export const USUAL_HEADER: Readonly<Record<HookScheme, string>> = {
  'hmac-sha256': 'x-signature-256',
  token: 'authorization',
};

/** Whether the header's value proves the body; how long that takes says nothing of the secret. */
export function isProven(
  scheme: HookScheme,
  secret: string,
  given: string | readonly string[] | undefined,
  body: Uint8Array,
): boolean {
  // A header sent twice is read differently by different programs.
  if (typeof given !== 'string' || given.length > 1_000) return false;
  if (scheme === 'token') return isSame(given.replace(/^Bearer +/i, '').trim(), secret);
  const said = given.replace(/^(?:hmac-)?sha-?256=/i, '').trim();
  const wanted = createHmac('sha256', secret).update(body).digest();
  const isHex = isSame(said.toLowerCase(), wanted.toString('hex'));
  const isBase64 = isSame(said, wanted.toString('base64'));
  return isHex || isBase64;
}

/** Digests are of one length, whatever was given. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
