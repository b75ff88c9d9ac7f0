import type { FastifyRequest } from 'fastify';
import { masked } from '../spine/masked.ts';

export { masked } from '../spine/masked.ts';

/** Evidence and proofs are shown as they are, or nobody could check them; each is of one case and on record. */
const AS_THEY_ARE = /\/(evidence|proofs)$/;

/**
 * Masks identifiers and places in what is shown to a person without the right `identifiers:see`. An API key is held to
 * its scopes alone: whoever gave it a scope of reading gave it what is read.
 */
export async function maskForRole(
  request: FastifyRequest,
  _reply: unknown,
  payload: unknown,
): Promise<unknown> {
  const { actor } = request;
  if (actor === null || actor.by === 'api-key' || actor.scopes.has('identifiers:see')) return payload;
  if (AS_THEY_ARE.test(request.routeOptions.url ?? '')) return payload;
  return masked(payload);
}
