import { createHmac } from 'node:crypto';

/** A secret as subscribers are told it: `whsec_` and base64 of 32 bytes (Standard Webhooks, "Signature scheme"). */
export function secretText(
  secretOf: (name: string) => string,
  subscriberId: number,
  version: number,
): string {
  return `whsec_${secretBytes(secretOf, subscriberId, version).toString('base64')}`;
}

/**
 * The headers of a notice (Standard Webhooks): `webhook-id`, the same however often it is sent; `webhook-timestamp`
 * in seconds; `webhook-signature`, one `v1,<base64>` for each secret, HMAC-SHA-256 over `id.timestamp.body`.
 */
export function signedHeaders(
  secrets: readonly Buffer[],
  notice: { id: string; atMs: number; body: string },
): Record<string, string> {
  const timestamp = String(Math.floor(notice.atMs / 1_000));
  const signed = `${notice.id}.${timestamp}.${notice.body}`;
  const signatures = secrets.map(
    secret => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  );
  return {
    'content-type': 'application/json',
    'user-agent': 'Thingward',
    'webhook-id': notice.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

export function secretBytes(
  secretOf: (name: string) => string,
  subscriberId: number,
  version: number,
): Buffer {
  return Buffer.from(secretOf(`${subscriberId}/${version}`), 'base64url');
}
