import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isRefusal } from '../../kernel/refusal.ts';
import { MINUTE_MS, rfc3339, SECOND_MS } from '../../kernel/time.ts';
import { inviteToProvider, partFromProvider } from '../../spine/registry/people/person-sessions.ts';
import { type App, type Doors, need } from '../app.ts';

const tags = ['sign-in'];
const BACK = '/api/v1/login/provider/back';
const TICKET = 'thingward.provider';
const UserId = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) });

/** Sign-in through an OpenID provider, and invitations to it. */
export function providerRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/login/options', { schema: { tags, security: [] } }, async () => ({
    provider: doors.signIn.providerName,
  }));

  app.post(
    '/api/v1/login/provider',
    {
      schema: {
        tags,
        security: [],
        body: Type.Object(
          { invitation: Type.Optional(Type.String({ minLength: 10, maxLength: 100 })) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const { url, ticket } = await doors.signIn.beginProviderTrip(request.body.invitation);
      reply.header('set-cookie', ticketCookie(request, ticket, (10 * MINUTE_MS) / SECOND_MS));
      return { url };
    },
  );

  /** Where the provider sends browsers; whatever comes of it, they go on to the page. */
  app.get(BACK, { schema: { tags, security: [], hide: true } }, async (request, reply) => {
    const cleared = ticketCookie(request, '', 0);
    try {
      const session = await doors.signIn.finishProviderTrip({
        ticket: ticketOf(request),
        returned: request.url,
        peer: request.ip,
        client: request.headers['user-agent'],
      });
      return onward(reply, '/', [cleared, ...session.setCookies]);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      return onward(reply, `/#/refused/${thrown.code}`, [cleared]);
    }
  });

  app.post(
    '/api/v1/people/:id/provider-invitation',
    { schema: { tags: ['people'], params: UserId } },
    async (request, reply) => {
      const actor = need(request, 'people:write');
      const made = await inviteToProvider(doors, actor, request.params.id);
      reply.code(201);
      return { invitation: made.invitation, expiresAt: rfc3339(made.expiresAtMs) };
    },
  );

  app.delete(
    '/api/v1/people/:id/provider-link',
    { schema: { tags: ['people'], params: UserId } },
    async request => {
      await partFromProvider(doors, need(request, 'people:write'), request.params.id);
      return {};
    },
  );
}

function onward(reply: FastifyReply, to: string, cookies: readonly string[]): FastifyReply {
  return reply
    .code(303)
    .headers({ location: to, 'set-cookie': [...cookies] })
    .send();
}

/** `Lax`, unlike the session: the provider's page is another site, and it leads the browser back here. */
function ticketCookie(request: FastifyRequest, value: string, maxAgeS: number): string {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  return `${TICKET}=${value}; Path=${BACK}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
}

function ticketOf(request: FastifyRequest): string {
  const pair = (request.headers.cookie ?? '').split(/; */).find(each => each.startsWith(`${TICKET}=`));
  return pair?.slice(TICKET.length + 1) ?? '';
}
