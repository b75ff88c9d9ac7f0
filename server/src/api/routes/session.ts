import { Type } from 'typebox';
import { rfc3339 } from '../../kernel/time.ts';
import { partyById } from '../../spine/registry/people/parties.ts';
import { MOST_PASSWORD_UNITS } from '../../spine/registry/people/password-rules.ts';
import { standingOf } from '../../spine/registry/people/people.ts';
import { type App, actorOf, type Doors } from '../app.ts';
import { credentialsOf } from '../identify.ts';

const tags = ['sign-in'];
const Password = Type.String({ minLength: 1, maxLength: MOST_PASSWORD_UNITS });

/** Signing in and out, who one is, and one's own password. */
export function sessionRoutes(app: App, doors: Doors): void {
  const Login = Type.Object(
    {
      email: Type.String({ minLength: 3, maxLength: 254 }),
      password: Password,
      newPassword: Type.Optional(Password),
      code: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    },
    { additionalProperties: false },
  );

  app.post('/api/v1/login', { schema: { tags, body: Login, security: [] } }, async (request, reply) => {
    const entered = await doors.signIn.enter({
      ...request.body,
      peer: request.ip,
      client: request.headers['user-agent'],
    });
    reply.header('set-cookie', [...entered.setCookies]);
    return {
      token: entered.token,
      expiresAt: rfc3339(entered.expiresAtMs),
      userId: entered.userId,
      name: entered.name,
    };
  });

  app.post('/api/v1/logout', { schema: { tags } }, async (request, reply) => {
    const cleared = await doors.signIn.leave(credentialsOf(request));
    reply.header('set-cookie', [...cleared]);
    return {};
  });

  app.get('/api/v1/me', { schema: { tags } }, async request => {
    const actor = actorOf(request);
    const party = await partyById(doors.database, actor.partyId, actor.partyId);
    const isKey = actor.by === 'api-key';
    const session = isKey ? null : await doors.signIn.whose(credentialsOf(request));
    const { memberships } = isKey
      ? { memberships: [] }
      : await standingOf(doors.database, actor.userId, null);
    return {
      userId: actor.userId,
      label: session?.name ?? actor.label,
      email: session?.email ?? null,
      partyId: actor.partyId,
      party: { en: party.nameEn, zh: party.nameZh },
      roles: actor.roles,
      scopes: [...actor.scopes],
      memberships: memberships.map(each => ({
        partyId: each.partyId,
        role: each.role,
        party: { en: each.nameEn, zh: each.nameZh },
      })),
      lacksSecondFactor: actor.lacksSecondFactor,
      expiresAt: session === null ? null : rfc3339(session.expiresAtMs),
    };
  });

  /** Whose memberships there are, for one who belongs to several parties and has yet to choose. */
  app.get('/api/v1/me/parties', { schema: { tags } }, async request => {
    const session = await doors.signIn.whose(credentialsOf(request));
    if (session === null) return { items: [actorOf(request)].map(({ partyId }) => ({ partyId })) };
    const { memberships } = await standingOf(doors.database, session.userId, null);
    const byParty = [...Map.groupBy(memberships, each => each.partyId)];
    return {
      items: byParty.map(([partyId, held]) => ({
        partyId,
        name: { en: held[0]?.nameEn, zh: held[0]?.nameZh },
        roles: held.map(each => each.role),
      })),
    };
  });

  app.post(
    '/api/v1/me/password',
    {
      schema: {
        tags,
        body: Type.Object({ current: Password, next: Password }, { additionalProperties: false }),
      },
    },
    async request => {
      actorOf(request);
      const { current, next } = request.body;
      await doors.signIn.changePassword(credentialsOf(request), { current, next, peer: request.ip });
      return {};
    },
  );
}
