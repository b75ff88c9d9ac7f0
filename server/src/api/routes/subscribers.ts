import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { TOPICS } from '../../spine/notices/notice.ts';
import {
  endSubscriber,
  listNotices,
  listSubscribers,
  makeSubscriber,
  type Notice,
  renewSubscriberSecret,
  type Subscriber,
} from '../../spine/notices/subscribers.ts';
import { type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['subscribers'];
const Id = Type.Object({ id: Numeral });
const NewSubscriber = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2_000 }),
    topics: Type.Array(Type.Union(TOPICS.map(topic => Type.Literal(topic))), {
      minItems: 1,
      maxItems: TOPICS.length,
    }),
  },
  { additionalProperties: false },
);

/** Who is told of a party's findings, cases and measures, by signed posts (Standard Webhooks). */
export function subscribersRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/subscribers', { schema: { tags, querystring: Type.Object(pageQuery) } }, async request => {
    const actor = need(request, 'subscribers:read');
    const limit = request.query.limit ?? DEFAULT_LIMIT;
    const after = readCursor(request.query.after, ['number'])?.[0] ?? 0;
    const rows = await listSubscribers(doors.database, actor.partyId, after, limit + 1);
    return pageOf(rows, limit, row => [row.subscriberId], shown);
  });

  app.post('/api/v1/subscribers', { schema: { tags, body: NewSubscriber } }, async (request, reply) => {
    const actor = need(request, 'subscribers:write');
    const { url, topics } = request.body;
    const made = await makeSubscriber(doors, actor, { url, topics: [...new Set(topics)] });
    reply.code(201);
    return { id: made.subscriberId, secret: made.secret };
  });

  app.post('/api/v1/subscribers/:id/secret', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'subscribers:write');
    const { secret, formerUntilMs } = await renewSubscriberSecret(doors, actor, request.params.id);
    return { secret, formerUntil: rfc3339(formerUntilMs) };
  });

  app.delete('/api/v1/subscribers/:id', { schema: { tags, params: Id } }, async request => {
    await endSubscriber(doors, need(request, 'subscribers:write'), request.params.id);
    return {};
  });

  app.get(
    '/api/v1/subscribers/:id/notices',
    { schema: { tags, params: Id, querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'subscribers:read');
      const limit = request.query.limit ?? DEFAULT_LIMIT;
      const before = readCursor(request.query.after, ['number'])?.[0] ?? Number.MAX_SAFE_INTEGER;
      const subscriberId = request.params.id;
      const rows = await listNotices(doors.database, actor.partyId, {
        subscriberId,
        before,
        limit: limit + 1,
      });
      return pageOf(rows, limit, row => [row.noticeId], told);
    },
  );
}

function shown(row: Subscriber) {
  return {
    id: row.subscriberId,
    partyId: row.partyId,
    url: row.url,
    topics: row.topics,
    madeAt: instant(row.madeAtMs),
    endedAt: instant(row.endedAtMs),
    endReason: row.endReason,
  };
}

function told(row: Notice) {
  return {
    id: row.noticeId,
    type: row.type,
    ledgerIndex: row.entryIndex,
    madeAt: instant(row.madeAtMs),
    attempts: row.attempts,
    lastAt: instant(row.lastAtMs),
    lastAnswer: row.lastAnswer,
    doneAt: instant(row.doneAtMs),
    nextAt: instant(row.nextAtMs),
  };
}
