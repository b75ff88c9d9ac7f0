import { Type } from 'typebox';
import { rfc3339 } from '../../kernel/time.ts';
import { listQuery, numberedPage, pageAsked } from '../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute } from '../../spine/module-route.ts';
import { type ListedEnding, type ListedWithheld, listEndings, listWithheld } from './ended/store.ts';
import { changeRights, listRights, type SetRights, setRights } from './rights/set-rights.ts';
import { MOST_PATTERNS, MOST_TOPIC } from './rights/topics.ts';

const Patterns = Type.Array(Type.String({ minLength: 1, maxLength: MOST_TOPIC }), {
  maxItems: MOST_PATTERNS,
});

const product = { product: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,23}$' }) };
const closed = { additionalProperties: false };
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** A message may be 131,072 octets: a page of so many is a few megabytes. */
const MOST_WITHHELD = 50;

/** What devices may do at the gateway, and what it did when their certificates were ended. */
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
    params: product,
    body: Type.Object({ publish: Patterns, subscribe: Patterns }, closed),
    answer: async (hand, { params, body }) => {
      const set = await setRights(hand, hand.actor, params.product, body);
      hand.announce('gateway-rights', `gateway-rights/${params.product}`);
      return shown(set);
    },
  }),
  change('grant', 'granted'),
  change('revoke', 'revoked'),
  moduleRoute({
    method: 'GET',
    path: '/gateway/endings',
    right: 'registry:read',
    tag: 'gateway',
    query: { ...listQuery, certificate: Type.Optional(Numeral) },
    answer: async (hand, { query }) => {
      const { afterId, limit, rows } = pageAsked(query);
      const of = query.certificate ?? null;
      const found = await hand.database.door(hand.actor.partyId, tx => listEndings(tx, of, afterId, rows));
      return numberedPage(found, limit, each => each.seq, shownEnding);
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/gateway/withheld',
    right: 'observations:read',
    tag: 'gateway',
    query: { ...listQuery, certificate: Numeral },
    answer: async (hand, { query }) => {
      const asked = { ...query, limit: Math.min(MOST_WITHHELD, query.limit ?? MOST_WITHHELD) };
      const { afterId, limit, rows } = pageAsked(asked);
      const of = query.certificate;
      const found = await hand.database.door(hand.actor.partyId, tx => listWithheld(tx, of, afterId, rows));
      return numberedPage(found, limit, each => each.withheldId, shownWithheld);
    },
  }),
];

/** Some patterns more, or fewer; the others stay as they are. */
function change(verb: 'grant' | 'revoke', how: 'granted' | 'revoked'): ModuleRoute {
  return moduleRoute({
    method: 'POST',
    path: `/gateway/rights/:product/${verb}`,
    right: 'policies:write',
    tag: 'gateway',
    params: product,
    body: Type.Object({ publish: Type.Optional(Patterns), subscribe: Type.Optional(Patterns) }, closed),
    answer: async (hand, { params, body: { publish = [], subscribe = [] } }) => {
      const set = await changeRights(hand, hand.actor, params.product, how, { publish, subscribe });
      hand.announce('gateway-rights', `gateway-rights/${params.product}`);
      return shown(set);
    },
  });
}

function shown({ product, publish, subscribe, setBy, setAtMs }: SetRights) {
  return { product, publish, subscribe, setBy, setAt: new Date(setAtMs).toISOString() };
}

function shownEnding({ seq, certificateId, device, fault, node, connections, endedAtMs }: ListedEnding) {
  const endedAt = rfc3339(endedAtMs);
  return { id: seq, certificate: certificateId, device, fault, node, connections, endedAt };
}

function shownWithheld({ withheldId, endingId, what, topic, qos, sender, payload }: ListedWithheld) {
  return { id: withheldId, ending: endingId, what, topic, qos, sender, payload: payload.toString('base64') };
}
