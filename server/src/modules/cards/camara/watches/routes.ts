import { Type } from 'typebox';
import { instant, rfc3339 } from '../../../../kernel/time.ts';
import { providerById } from '../../../../spine/measures/providers/store.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../../spine/module-route.ts';
import { CAMARA_MANNERS } from '../../adapters/carriers/camara/camara.ts';
import { camaraClient, type Held } from '../../adapters/carriers/camara/client.ts';
import { deviceOf } from '../../adapters/carriers/camara/device.ts';
import { cardKey } from '../../contracts/card-at-hand.ts';
import { Moment, momentOf } from '../../contracts/clauses.ts';
import { CAMARA, not } from '../faults.ts';
import { receive } from './callback.ts';
import * as store from './store.ts';
import { unwatch, watch } from './watches.ts';

const tag = 'camara';
const closed = { additionalProperties: false };
const MOST = 1_000;
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Iccid = Type.String({ minLength: 10, maxLength: 40 });
/** The ledger names what is ended by it, and takes no blank. */
const one = { id: Type.String({ pattern: '^[0-9A-Za-z-]{1,64}$' }) };
const NewWatch = Type.Object(
  {
    provider: Numeral,
    iccid: Iccid,
    event: Type.Union([Type.Literal('imei-change'), Type.Literal('area-change')]),
    until: Type.Optional(Moment),
    maxEvents: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  closed,
);

/** What other operators are asked of the party's cards by CAMARA's contract, and where they tell it (C-53). */
export const watchRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'POST',
    path: '/camara/callbacks/:id',
    right: null,
    tag,
    status: 204,
    params: one,
    body: Type.Unknown(),
    dialect: CAMARA,
    answer: async (hand, { params, body }) => await receive(hand, params.id, body),
  }),
  moduleRoute({
    method: 'POST',
    path: '/camara-watches',
    right: 'subscribers:write',
    tag,
    status: 201,
    body: NewWatch,
    answer: async (hand, { body: { provider: providerId, iccid, event: what, until, maxEvents } }) => {
      const { outside } = hand.desk;
      if (outside === undefined) throw not('camara-watch-nowhere');
      const untilMs = until === undefined ? null : momentOf(until);
      const asked = { providerId, iccid: cardKey(iccid), what, untilMs, maxEvents: maxEvents ?? null };
      const made = await watch({ ...hand, outside }, hand.actor, asked);
      hand.announce('watch', `camara-watch/${made.watchId}`);
      return shown(made);
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/camara-watches',
    right: 'subscribers:read',
    tag,
    answer: async hand => {
      const rows = await hand.database.door(hand.actor.partyId, tx => store.watches(tx, MOST));
      return { items: rows.map(shown), next: null };
    },
  }),
  moduleRoute({
    method: 'DELETE',
    path: '/camara-watches/:id',
    right: 'subscribers:write',
    tag,
    params: one,
    answer: async (hand, { params: { id } }) => {
      await unwatch(hand, hand.actor, id);
      hand.announce('watch', `camara-watch/${id}`);
      return {};
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/camara-holds',
    right: 'measures:read',
    tag,
    query: { provider: Numeral, iccid: Iccid },
    answer: async (hand, { query }) => await holdsAt(hand, query.provider, cardKey(query.iccid)),
  }),
];

/** How a card is held at an operator, as the operator tells it now. */
async function holdsAt(hand: RouteHand, providerId: number, iccid: string) {
  const { database, clock, log, desk, actor } = hand;
  const { partyId } = actor;
  const { provider, device } = await database.door(partyId, async tx => ({
    provider: await providerById(tx, providerId),
    device: await deviceOf(tx, partyId, iccid, clock.now()),
  }));
  const manner = CAMARA_MANNERS[provider?.adapter ?? ''];
  if (provider?.partyId !== partyId || manner === undefined) throw not('camara-watch-provider');
  if (device === null) throw not('camara-watch-card');
  const doors = { database, clock, log, outside: desk.outside, partyId, providerId };
  const client = camaraClient(provider.settings, doors, manner);
  const [imei, area] = [await client.holds(device, 'IMEIBIND'), await client.holds(device, 'AREALIMIT')];
  return { device: shownHold(imei), area: shownHold(area) };
}

function shownHold(now: Held | { readonly refused: string }) {
  if ('refused' in now) return { held: null, refused: now.refused };
  const { isHeld: held, imei, area } = now;
  return { held, ...(imei === undefined ? {} : { imei }), ...(area === undefined ? {} : { area }) };
}

function shown(row: store.Watch) {
  const { watchId: id, partyId, providerId: provider, subjectId: subject, sourceId: source } = row;
  return {
    ...{ id, partyId, provider, subject, source, event: row.what, device: row.device, told: row.told },
    state: stateOf(row),
    theirId: row.theirId,
    lastAnswer: row.lastAnswer,
    endReason: row.endReason,
    until: rfc3339(row.untilMs),
    madeBy: row.madeBy,
    madeAt: rfc3339(row.madeAtMs),
    toldAt: instant(row.toldAtMs),
    endedAt: instant(row.endedAtMs),
  };
}

function stateOf({ endedAtMs, activeAtMs }: store.Watch): 'ended' | 'told' | 'asked' {
  if (endedAtMs !== null) return 'ended';
  return activeAtMs === null ? 'asked' : 'told';
}
