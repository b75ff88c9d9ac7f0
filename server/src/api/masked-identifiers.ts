import type { FastifyRequest } from 'fastify';

/** Claims that name a person's line or device, and fields that hold one or tell where it is (C-51). */
const CLAIM = /^(imsi|imei|imeisv|msisdn):(.+)$/i;
const FIELD = /^(imsi|imei|imeis|imeisv|msisdn|cell|cellId|userLocation|location|latitude|longitude)$/i;
/** Evidence and proofs are shown as they are, or nobody could check them; each is of one case and on record. */
const AS_THEY_ARE = /\/(evidence|proofs)$/;

/**
 * Masks identifiers and places in what is shown to a person without the right `identifiers:see`. An API key is held to
 * its scopes alone: whoever gave it a scope of reading gave it what is read.
 */
export function maskForRole<T>(
  { actor, routeOptions }: FastifyRequest,
  _reply: unknown,
  payload: T,
  done: (fault: null, payload: unknown) => void,
): void {
  const seesAll = actor === null || actor.by === 'api-key' || actor.scopes.has('identifiers:see');
  done(null, seesAll || AS_THEY_ARE.test(routeOptions.url ?? '') ? payload : masked(payload));
}

/** The same document with identifiers and places masked; the last two characters of an identifier stay to be told apart by. */
export function masked(value: unknown): unknown {
  if (typeof value === 'string')
    return value.replace(CLAIM, (_all, kind: string, text: string) => `${kind}:${hidden(text)}`);
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, FIELD.test(name) ? hiddenAll(item) : masked(item)]),
  );
}

function hiddenAll(value: unknown): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.map(hiddenAll) : hidden(String(value));
}

/** A name masked; its last two characters stay to be told apart by. */
export const hidden = (text: string): string => `••••${text.length > 8 ? text.slice(-2) : ''}`;
