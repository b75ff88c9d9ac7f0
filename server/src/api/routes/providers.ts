import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import type { Provider } from '../../spine/measures/measure.ts';
import { askCards, askState, askUsage } from '../../spine/measures/providers/ask.ts';
import { keepCredentials } from '../../spine/measures/providers/credentials.ts';
import {
  listPolicies,
  listProviders,
  type Policy,
  registerProvider,
  setPolicy,
} from '../../spine/measures/providers/providers.ts';
import { resumeProvider } from '../../spine/measures/storm.ts';
import { type App, type Doors, need } from '../app.ts';
import { Numeral, Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { tried } from '../tried.ts';

const tags = ['measures'];
const closed = { additionalProperties: false };
const NewProvider = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 63 }),
    adapter: Type.String({ maxLength: 63 }),
    settings: Type.Object(
      {
        url: Type.String({ maxLength: 2_000 }),
        dueMs: Type.Optional(Whole),
        quietMs: Type.Optional(Whole),
        options: Type.Optional(Type.Record(Type.String({ maxLength: 40 }), Type.String({ maxLength: 500 }))),
        version: Type.Optional(Type.String({ maxLength: 60 })),
      },
      closed,
    ),
  },
  closed,
);
const Id = Type.Object({ id: Numeral });
const OfCard = Type.Object({ card: Type.String({ minLength: 1, maxLength: 32 }) });
const Resume = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 200 }) }, closed);
const Secrets = Type.Object(
  { fields: Type.Record(Type.String({ maxLength: 40 }), Type.String({ maxLength: 4_000 })) },
  closed,
);
const NewPolicy = Type.Object(
  {
    ruleId: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
    measure: Type.String({ maxLength: 63 }),
    mode: Type.Union([Type.Literal('suggest'), Type.Literal('order'), Type.Literal('climb')]),
  },
  closed,
);

/** Providers that orders go to, and what a party lets the corridor order by itself. */
export function providersRoutes(app: App, doors: Doors): void {
  const { database, desk } = doors;

  app.get('/api/v1/providers', { schema: { tags, querystring: Type.Object(pageQuery) } }, async request => {
    const actor = need(request, 'measures:read');
    const { limit = DEFAULT_LIMIT } = request.query;
    const after = readCursor(request.query.after, ['number'])?.[0] ?? 0;
    const rows = await database.door(actor.partyId, tx => listProviders(tx, after, limit + 1));
    return pageOf(rows, limit, row => [row.providerId], shownProvider);
  });

  app.post('/api/v1/providers', { schema: { tags, body: NewProvider } }, async (request, reply) => {
    const actor = need(request, 'policies:write');
    const { partyId, label } = actor;
    const hand = { actor: label, atMs: doors.clock.now() };
    const provider = await database.door(partyId, tx =>
      registerProvider(tx, desk, { partyId, ...request.body }, hand),
    );
    return reply.code(201).send(shownProvider(provider));
  });

  app.put(
    '/api/v1/providers/:id/credentials',
    { schema: { tags, params: Id, body: Secrets } },
    async request => {
      const actor = need(request, 'policies:write');
      const hand = { actor: actor.label, atMs: doors.clock.now() };
      const asked = { providerId: request.params.id, fields: request.body.fields };
      return shownProvider(await database.door(actor.partyId, tx => keepCredentials(tx, desk, asked, hand)));
    },
  );

  app.post('/api/v1/providers/:id/resume', { schema: { tags, params: Id, body: Resume } }, async request => {
    const actor = need(request, 'policies:write');
    const { id } = request.params;
    const hand = { actor: actor.label, atMs: doors.clock.now() };
    const provider = await tried(doors, actor, 'provider-resume', `provider/${id}`, tx =>
      resumeProvider(tx, id, request.body.reason, hand),
    );
    return shownProvider(provider);
  });

  app.get(
    '/api/v1/providers/:id/state',
    { schema: { tags, params: Id, querystring: OfCard } },
    async request => {
      const actor = need(request, 'measures:read');
      const found = await askState(doors, actor.partyId, request.params.id, request.query.card);
      const { restricted, refusedAttempts, sinceMs, lastRefusedMs, unclear = null } = found;
      return {
        restricted: unclear === null ? restricted : null,
        unclear,
        refusedAttempts,
        since: rfc3339(sinceMs),
        lastRefusedAt: instant(lastRefusedMs),
      };
    },
  );

  app.get(
    '/api/v1/providers/:id/usage',
    { schema: { tags, params: Id, querystring: OfCard } },
    async request => {
      const actor = need(request, 'measures:read');
      return { ...(await askUsage(doors, actor.partyId, request.params.id, request.query.card)) };
    },
  );

  app.get(
    '/api/v1/providers/:id/cards',
    {
      schema: {
        tags,
        params: Id,
        querystring: Type.Object({ after: Type.Optional(Type.String({ maxLength: 400 })) }),
      },
    },
    async request => {
      const actor = need(request, 'measures:read');
      return { ...(await askCards(doors, actor.partyId, request.params.id, request.query.after ?? null)) };
    },
  );

  app.get(
    '/api/v1/measure-policies',
    { schema: { tags, querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'measures:read');
      const { limit = DEFAULT_LIMIT } = request.query;
      const key = readCursor(request.query.after, ['number', 'string']);
      const after = key === null ? null : { partyId: key[0], ruleId: key[1] };
      const rows = await database.door(actor.partyId, tx => listPolicies(tx, after, limit + 1));
      return pageOf(rows, limit, row => [row.partyId, row.ruleId], shownPolicy);
    },
  );

  app.put('/api/v1/measure-policies', { schema: { tags, body: NewPolicy } }, async request => {
    const actor = need(request, 'policies:write');
    const { partyId, label } = actor;
    const hand = { actor: label, atMs: doors.clock.now() };
    return shownPolicy(
      await database.door(partyId, tx => setPolicy(tx, desk, { partyId, ...request.body }, hand)),
    );
  });
}

function shownProvider({ providerId, partyId, name, adapter, settings, pausedUntilMs }: Provider) {
  return { id: providerId, partyId, name, adapter, settings, pausedUntil: instant(pausedUntilMs) };
}

function shownPolicy({ partyId, ruleId, measure, mode, setBy, setAtMs }: Policy) {
  return { partyId, ruleId, measure, mode, setBy, setAt: rfc3339(setAtMs) };
}
