import { Type } from 'typebox';
import { DAY_MS, instant, rfc3339 } from '../../kernel/time.ts';
import { type ModuleRoute, moduleRoute } from '../../spine/module-route.ts';
import { type AuthorizeCode, authorize } from './adapters/radius/authorize.ts';
import { endRegistered, type RadiusClientCode, registerClient } from './adapters/radius/registered.ts';
import { radiusOf } from './adapters/radius/running.ts';
import { listSessions, type SessionRow } from './adapters/radius/session-store.ts';
import { type ClientRow, listClients, sidesSince } from './adapters/radius/store.ts';
import { lookSwapped } from './adapters/radius/swapped.ts';

const tag = 'radius';
const Numeral = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
/** The most that a page of a list holds. */
const MOST = 500;
const LOOK_BACK_MS = 7 * DAY_MS;

const NewClient = Type.Object(
  {
    name: Type.String({ maxLength: 63 }),
    address: Type.String({ maxLength: 45 }),
    sourceId: Numeral,
    secretFile: Type.String({ maxLength: 100 }),
    direction: Type.Optional(Type.Union([Type.Literal('as-standard'), Type.Literal('swapped')])),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    silenceMs: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    needsHmac: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

/** Every code these routes refuse with. */
export const RADIUS_CODES: readonly (AuthorizeCode | RadiusClientCode)[] = [
  'radius-client-refused',
  'radius-client-taken',
  'radius-client-unknown',
  'card-suspended',
  'card-not-known',
];

/** Access servers, their sessions, and what a network asks before it lets a card in. */
export const radiusRoutes: readonly ModuleRoute[] = [
  moduleRoute({
    method: 'GET',
    path: '/radius/clients',
    right: 'sources:read',
    tag,
    query: {
      after: Type.Optional(Numeral),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })),
    },
    answer: async ({ database, clock, actor }, { query }) => {
      const { after = 0, limit = MOST } = query;
      const { rows, sides } = await database.door(actor.partyId, async tx => ({
        rows: await listClients(tx, after, limit + 1),
        sides: await sidesSince(tx, clock.now() - LOOK_BACK_MS),
      }));
      const swapped = lookSwapped(sides);
      const live = radiusOf(database);
      const items = rows
        .slice(0, limit)
        .map(row =>
          shownClient(row, live === undefined ? 'radius-off' : live.clients.faultOf(row.clientId), swapped),
        );
      return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  }),
  moduleRoute({
    method: 'POST',
    path: '/radius/clients',
    right: 'sources:write',
    tag,
    status: 201,
    body: NewClient,
    answer: async (hand, { body }) => ({ id: await registerClient(hand, hand.actor, body) }),
  }),
  moduleRoute({
    method: 'DELETE',
    path: '/radius/clients/:id',
    right: 'sources:write',
    tag,
    params: { id: Numeral },
    answer: async (hand, { params }) => {
      await endRegistered(hand, hand.actor, params.id);
      return { id: params.id };
    },
  }),
  moduleRoute({
    method: 'GET',
    path: '/radius/sessions',
    right: 'observations:read',
    tag,
    query: {
      claim: Type.Optional(Type.String({ maxLength: 64 })),
      open: Type.Optional(Type.Boolean()),
      after: Type.Optional(Type.String({ maxLength: 1_000, pattern: '^[1-9][0-9]{0,14}/' })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })),
    },
    answer: async ({ database, actor }, { query }) => {
      const { claim, open = true, limit = 100 } = query;
      const rows = await database.door(actor.partyId, tx =>
        listSessions(tx, { claim, isOpen: open }, sessionNamed(query.after), limit + 1),
      );
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      const next = last === undefined ? null : `${last.sourceId}/${last.series}`;
      return { items: shown.map(shownSession), next };
    },
  }),
  moduleRoute({
    method: 'POST',
    path: '/radius/authorize',
    right: 'observations:write',
    tag,
    query: { unknown: Type.Optional(Type.Union([Type.Literal('reject'), Type.Literal('accept')])) },
    body: Type.Record(Type.String(), Type.Unknown()),
    answer: (hand, { query, body }) => authorize(hand, hand.actor.partyId, body, query.unknown ?? 'reject'),
  }),
];

/** The session after which a list goes on, as its `next` named it. */
function sessionNamed(after: string | undefined): { sourceId: number; series: string } | null {
  if (after === undefined) return null;
  const end = after.indexOf('/');
  return { sourceId: Number(after.slice(0, end)), series: after.slice(end + 1) };
}

function shownClient(row: ClientRow, fault: string | null, swapped: ReadonlySet<number>) {
  const { clientId, partyId, sourceId, name, address, secretFile, direction, port, silenceMs, needsHmac } =
    row;
  return {
    ...{ id: clientId, partyId, sourceId, name, address, secretFile, direction, port, silenceMs, needsHmac },
    endedAt: instant(row.endedAtMs),
    fault: row.endedAtMs === null ? fault : null,
    looksSwapped: swapped.has(clientId),
  };
}

function shownSession(row: SessionRow) {
  const {
    series,
    sourceId,
    partyId,
    clientId,
    claim,
    nas,
    bytesUp,
    bytesDown,
    closedBy,
    answer,
    changeAnswer,
  } = row;
  return {
    ...{ series, sourceId, partyId, clientId, claim, nas, bytesUp, bytesDown, closedBy },
    begunAt: rfc3339(row.begunAtMs),
    isBeginDerived: !row.isBeginTold,
    heardAt: rfc3339(row.heardAtMs),
    closedAt: instant(row.closedAtMs),
    wasReopened: row.timesClosed > (row.closedAtMs === null ? 0 : 1),
    askedAt: instant(row.askedAtMs),
    answer,
    changeAskedAt: instant(row.changeAskedAtMs),
    changeAnswer,
  };
}
