import { Type } from 'typebox';
import type { RouteHand } from '../../../spine/module-route.ts';
import type { Doer } from '../authorities/authorities.ts';

export const tag = 'devices';
export const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' });
export const Pem = Type.String({ minLength: 1, maxLength: 200_000 });
/** `product:serial`. */
export const Reference = Type.String({ minLength: 3, maxLength: 64 });
export const Why = Type.String({ minLength: 1, maxLength: 500 });

export function doerOf({ actor }: RouteHand): Doer {
  return { partyId: actor.partyId, label: actor.label };
}
