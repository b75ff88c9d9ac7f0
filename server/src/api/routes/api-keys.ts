import { Type } from 'typebox';
import { DAY_MS, HOUR_MS, instant } from '../../kernel/time.ts';
import {
  type ApiKey,
  listKeys,
  makeKey,
  revokeKey,
  rotateKey,
} from '../../spine/registry/people/api-keys.ts';
import { RIGHTS } from '../../spine/registry/people/rights.ts';
import { type App, type Doors, need } from '../app.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['api-keys'];
const KeyId = Type.String({ pattern: '^[a-z0-9]{1,40}$' });
const NewKey = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 100 }),
    scopes: Type.Array(Type.Union(RIGHTS.map(right => Type.Literal(right))), {
      minItems: 1,
      maxItems: RIGHTS.length,
    }),
    expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
    subject: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'The one subject the key speaks for; it opens only what takes such keys.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** API keys of a party. A key's text is in the answer that makes it and nowhere else. */
export function apiKeysRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/api-keys', { schema: { tags, querystring: Type.Object(pageQuery) } }, async request => {
    const actor = need(request, 'api-keys:read');
    const limit = request.query.limit ?? DEFAULT_LIMIT;
    const after = readCursor(request.query.after, ['string'])?.[0] ?? '';
    const rows = await listKeys(doors.database, actor.partyId, after, limit + 1);
    return pageOf(rows, limit, key => [key.keyId], shown);
  });

  app.post('/api/v1/api-keys', { schema: { tags, body: NewKey } }, async (request, reply) => {
    const actor = need(request, 'api-keys:write');
    const { title, scopes, expiresInDays, subject: onlySubject = null } = request.body;
    const expiresAtMs = expiresInDays === undefined ? null : doors.clock.now() + expiresInDays * DAY_MS;
    const made = await makeKey(doors, actor, {
      ...{ title, scopes: [...new Set(scopes)], expiresAtMs, onlySubject },
    });
    reply.code(201);
    return { id: made.keyId, key: made.text, expiresAt: instant(expiresAtMs) };
  });

  app.post(
    '/api/v1/api-keys/:id/rotation',
    {
      schema: {
        tags,
        description: 'A new key in the place of this one, which still opens for the hours of grace.',
        params: Type.Object({ id: KeyId }),
        body: Type.Object(
          { graceHours: Type.Optional(Type.Integer({ minimum: 0, maximum: 720, default: 24 })) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const actor = need(request, 'api-keys:write');
      const graceMs = (request.body.graceHours ?? 24) * HOUR_MS;
      const made = await rotateKey(doors, actor, { keyId: request.params.id, graceMs });
      reply.code(201);
      return {
        id: made.keyId,
        key: made.text,
        expiresAt: instant(made.expiresAtMs),
        oldEndsAt: instant(made.oldEndsAtMs),
      };
    },
  );

  app.delete(
    '/api/v1/api-keys/:id',
    { schema: { tags, params: Type.Object({ id: KeyId }) } },
    async request => {
      const actor = need(request, 'api-keys:write');
      await revokeKey(doors, actor, request.params.id);
      return {};
    },
  );
}

function shown(key: ApiKey) {
  return {
    id: key.keyId,
    partyId: key.partyId,
    title: key.title,
    scopes: key.scopes,
    createdBy: key.createdBy,
    createdAt: instant(key.createdAtMs),
    expiresAt: instant(key.expiresAtMs),
    revokedAt: instant(key.revokedAtMs),
    lastUsedAt: instant(key.lastUsedAtMs),
    subject: key.onlySubject,
  };
}
