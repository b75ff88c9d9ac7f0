import type { FastifyRequest } from 'fastify';
import { isRefusal } from '../kernel/refusal.ts';
import { type RecordDoors, recordRefused } from '../spine/registry/recorded.ts';
import type { AccessCode, Actor } from './app.ts';

/** Refusals by which somebody was kept from what is not theirs; those of stations record themselves. */
const CODES: ReadonlySet<string> = new Set<AccessCode>([
  'right-missing',
  'party-not-yours',
  'api-key-invalid',
  'origin-refused',
  'second-factor-missing',
]);

/** Puts on record that a request was refused for want of a right, by route pattern; no address line. */
export function recordRefusedRequest(
  doors: RecordDoors,
  thrown: unknown,
  { actor, method, routeOptions }: FastifyRequest,
): Promise<void> {
  return recordRefusedAt(doors, thrown, actor, `${method}:${routeOptions.url ?? 'none'}`);
}

/** The same of a request at this route, `METHOD:pattern`. */
export async function recordRefusedAt(
  doors: RecordDoors,
  thrown: unknown,
  actor: Actor | null,
  object: string,
): Promise<void> {
  if (!isRefusal(thrown) || !CODES.has(thrown.code)) return;
  const right = thrown.detail['right'];
  const attempt = {
    act: 'request',
    object,
    partyId: actor?.partyId ?? 0,
    actor: actor?.label ?? 'unknown',
    ...(right === undefined ? {} : { detail: { right } }),
  };
  await recordRefused(doors, attempt, thrown.code);
}
