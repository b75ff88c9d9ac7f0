import { Type } from 'typebox';
import { type ModuleRoute, moduleRoute } from '../../spine/module-route.ts';
import { listRights, type SetRights, setRights } from './rights/set-rights.ts';
import { MOST_PATTERNS, MOST_TOPIC } from './rights/topics.ts';

const Patterns = Type.Array(Type.String({ minLength: 1, maxLength: MOST_TOPIC }), {
  maxItems: MOST_PATTERNS,
});

/** What devices may do at the gateway. */
export const gatewayRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/gateway/rights',
    right: 'registry:read',
    tag: 'gateway',
    answer: async hand => ({
      items: (await hand.database.door(hand.actor.partyId, listRights)).map(shown),
    }),
  }),
  moduleRoute({
    method: 'PUT',
    path: '/gateway/rights/:product',
    right: 'policies:write',
    tag: 'gateway',
    params: { product: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$' }) },
    body: Type.Object({ publish: Patterns, subscribe: Patterns }, { additionalProperties: false }),
    answer: async (hand, { params, body }) => {
      const set = await setRights(hand, hand.actor, params.product, body);
      hand.announce('gateway-rights', `gateway-rights/${params.product}`);
      return shown(set);
    },
  }),
];

function shown({ product, publish, subscribe, setBy, setAtMs }: SetRights) {
  return { product, publish, subscribe, setBy, setAt: new Date(setAtMs).toISOString() };
}
