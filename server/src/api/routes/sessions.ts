import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { rfc3339 } from '../../kernel/time.ts';
import {
  endOwnSessions,
  endSessionsOfPerson,
  type Owner,
  sessionsOfPerson,
} from '../../spine/registry/people/person-sessions.ts';
import type { OpenSession } from '../../spine/registry/people/sign-in.ts';
import { type AccessCode, type App, actorOf, type Doors, need } from '../app.ts';
import { credentialsOf } from '../identify.ts';

const tags = ['sessions'];
const Id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });

/** Sessions: one's own, and those of people whose accounts one governs. */
export function sessionsRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/me/sessions', { schema: { tags } }, async request => {
    const owner = await ownerOf(doors, request);
    const items = await doors.signIn.sessionsOf(owner.userId);
    return { items: items.map(each => shown(each, owner.sessionId)) };
  });

  app.delete(
    '/api/v1/me/sessions/:id',
    { schema: { tags, params: Type.Object({ id: Id }) } },
    async request => {
      await endOwnSessions(doors, await ownerOf(doors, request), request.params.id);
      return {};
    },
  );

  app.delete(
    '/api/v1/me/sessions',
    { schema: { tags, description: 'Ends every session but the one that asks.' } },
    async request => {
      await endOwnSessions(doors, await ownerOf(doors, request), null);
      return {};
    },
  );

  app.get(
    '/api/v1/people/:id/sessions',
    { schema: { tags, params: Type.Object({ id: Id }) } },
    async request => {
      const actor = need(request, 'people:write');
      const items = await sessionsOfPerson(doors, actor, request.params.id);
      return { items: items.map(each => shown(each, null)) };
    },
  );

  app.delete(
    '/api/v1/people/:id/sessions',
    { schema: { tags, params: Type.Object({ id: Id }) } },
    async request => {
      const actor = need(request, 'people:write');
      await endSessionsOfPerson(doors, actor, { userId: request.params.id, sessionId: null });
      return {};
    },
  );

  app.delete(
    '/api/v1/people/:id/sessions/:sessionId',
    { schema: { tags, params: Type.Object({ id: Id, sessionId: Id }) } },
    async request => {
      const actor = need(request, 'people:write');
      const { id: userId, sessionId } = request.params;
      await endSessionsOfPerson(doors, actor, { userId, sessionId });
      return {};
    },
  );
}

/** The person whose session asks; an API key has none. */
async function ownerOf(doors: Doors, request: FastifyRequest): Promise<Owner> {
  const { userId, label, partyId, by } = actorOf(request);
  const session = by === 'api-key' ? null : await doors.signIn.whose(credentialsOf(request));
  if (session === null) throw new Refusal<AccessCode>('not-signed-in');
  return { userId, label, partyId, sessionId: session.sessionId };
}

function shown(session: OpenSession, currentId: string | null) {
  return {
    id: session.sessionId,
    openedAt: rfc3339(session.openedAtMs),
    usedAt: rfc3339(session.usedAtMs),
    expiresAt: rfc3339(session.expiresAtMs),
    from: session.peer,
    client: session.client,
    isThisOne: session.sessionId === currentId,
  };
}
