import { Type } from 'typebox';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { gatheringOf } from '../../spine/observations/gathered/gathering.ts';
import { KnownSources, readPost } from '../../spine/observations/gathered/read-post.ts';
import {
  endHook,
  type HookRow,
  hookAt,
  listHooks,
  makeHook,
  proveSender,
} from '../../spine/observations/hooks/hooks.ts';
import { type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';

const tags = ['observations'];
/** Largest body of a push. */
const BODY_LIMIT_BYTES = 256 << 10;
const SourceId = Type.Object({ id: Numeral });
const HookId = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) });
const NewHook = Type.Object(
  {
    scheme: Type.Union([Type.Literal('hmac-sha256'), Type.Literal('token')]),
    header: Type.Optional(Type.String({ maxLength: 63 })),
  },
  { additionalProperties: false },
);

declare module 'fastify' {
  interface FastifyRequest {
    /** The hook that a push came to, before it is proven. */
    hook: HookRow | null;
  }
}

/**
 * Addresses at which a provider's platform pushes records of a source. A push is answered after the commit that
 * holds its records (E-01); one that comes again brings nothing new; one that is not proven is on record.
 */
export function hooksRoutes(app: App, doors: Doors): void {
  const gathering = gatheringOf(doors.intake, doors.log);
  const sources = new KnownSources(doors.intake);
  app.decorateRequest('hook', null);

  app.get('/api/v1/sources/:id/hooks', { schema: { tags, params: SourceId } }, async request => {
    const actor = need(request, 'sources:read');
    const hooks = await listHooks(doors, actor, request.params.id);
    return { items: hooks.map(shown), next: null };
  });

  app.post(
    '/api/v1/sources/:id/hooks',
    { schema: { tags, params: SourceId, body: NewHook } },
    async (request, reply) => {
      const actor = need(request, 'sources:write');
      const { scheme, header } = request.body;
      const made = await makeHook(doors, actor, { sourceId: request.params.id, scheme, header });
      const { hookId: id, ...rest } = made;
      return reply.code(201).send({ id, path: pathOf(id), scheme, ...rest });
    },
  );

  app.delete('/api/v1/hooks/:id', { schema: { tags, params: HookId } }, async request => {
    const actor = need(request, 'sources:write');
    await endHook(doors, actor, request.params.id);
    return {};
  });

  app.register(async pushes => {
    pushes.removeAllContentTypeParsers();
    pushes.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    pushes.post(
      '/hooks/:id',
      {
        bodyLimit: BODY_LIMIT_BYTES,
        schema: { tags, security: [], params: Type.Object({ id: Type.String({ maxLength: 64 }) }) },
        // Before the body is read: whoever is refused costs no memory.
        preParsing: async request => {
          request.hook = await hookAt(doors, (request.params as { id: string }).id);
          gathering.refuseWhenFull(request.hook.partyId);
        },
      },
      async request => {
        const hook = request.hook as HookRow;
        const body = (request.body ?? Buffer.alloc(0)) as Buffer;
        await proveSender(doors, hook, request.headers, body);
        const sender = { partyId: hook.partyId, label: `hook/${hook.hookId}` };
        const source = await sources.open(hook.partyId, hook.sourceId);
        const cuts = await readPost(doors.intake, source, body);
        const { fates } = await gathering.take(sender, source, cuts);
        const counts = { accepted: 0, duplicate: 0, quarantined: 0 };
        for (const { outcome } of fates) counts[outcome] += 1;
        return counts;
      },
    );
  });
}

const pathOf = (hookId: string): string => `/hooks/${hookId}`;

function shown({ hookId: id, partyId, sourceId, scheme, header, madeBy, madeAtMs, endedAtMs }: HookRow) {
  const times = { madeAt: rfc3339(madeAtMs), endedAt: instant(endedAtMs) };
  return { id, path: pathOf(id), partyId, sourceId, scheme, header, madeBy, ...times };
}
