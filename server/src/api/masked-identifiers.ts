import type { FastifyRequest } from 'fastify';
import { masked } from '../spine/masked.ts';

export { masked } from '../spine/masked.ts';

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
