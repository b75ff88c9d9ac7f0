import { Type } from 'typebox';
import { instant } from '../../kernel/time.ts';
import {
  addPerson,
  grantRole,
  listPeople,
  type Member,
  resetPassword,
  shutOutPerson,
  withdrawRole,
} from '../../spine/registry/people/people.ts';
import { ROLES } from '../../spine/registry/people/rights.ts';
import { type App, type Doors, need } from '../app.ts';
import { Numeral } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['people'];
const Role = Type.Union(ROLES.map(role => Type.Literal(role)));
const PartyId = Type.Optional(Type.Integer({ ...Numeral, description: 'Your own party by default.' }));
const UserId = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }) });
const NewPerson = Type.Object(
  {
    email: Type.String({ pattern: '^[^@\\s]{1,64}@[^@\\s]{1,189}$' }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    role: Role,
    partyId: PartyId,
  },
  { additionalProperties: false },
);
const RoleAt = Type.Object({ role: Role, partyId: PartyId }, { additionalProperties: false });

/** People and their roles. A one-time password is in the answer that makes it and nowhere else. */
export function peopleRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/people', { schema: { tags, querystring: Type.Object(pageQuery) } }, async request => {
    const actor = need(request, 'people:read');
    const limit = request.query.limit ?? DEFAULT_LIMIT;
    const after = readCursor(request.query.after, ['string'])?.[0] ?? '';
    const rows = await listPeople(doors, actor.partyId, after, limit + 1);
    return pageOf(rows, limit, person => [person.userId], shown);
  });

  app.post('/api/v1/people', { schema: { tags, body: NewPerson } }, async (request, reply) => {
    const actor = need(request, 'people:write');
    const { email, name, role, partyId = actor.partyId } = request.body;
    const made = await addPerson(doors, actor, { email, name, role, partyId });
    reply.code(201);
    return { id: made.userId, email: made.email, name: made.name, oneTimePassword: made.oneTimePassword };
  });

  app.post('/api/v1/people/:id/roles', { schema: { tags, params: UserId, body: RoleAt } }, async request => {
    const actor = need(request, 'people:write');
    const { role, partyId = actor.partyId } = request.body;
    await grantRole(doors, actor, { userId: request.params.id, role, partyId });
    return {};
  });

  app.delete(
    '/api/v1/people/:id/roles/:role',
    {
      schema: {
        tags,
        params: Type.Object({ ...UserId.properties, role: Role }),
        querystring: Type.Object({ partyId: PartyId }),
      },
    },
    async request => {
      const actor = need(request, 'people:write');
      const { id: userId, role } = request.params;
      await withdrawRole(doors, actor, { userId, role, partyId: request.query.partyId ?? actor.partyId });
      return {};
    },
  );

  app.post('/api/v1/people/:id/one-time-password', { schema: { tags, params: UserId } }, async request => {
    const actor = need(request, 'people:write');
    return resetPassword(doors, actor, request.params.id);
  });

  app.post('/api/v1/people/:id/shut-out', { schema: { tags, params: UserId } }, async request => {
    const actor = need(request, 'people:write');
    await shutOutPerson(doors, actor, request.params.id);
    return {};
  });
}

function shown(person: Member) {
  return {
    id: person.userId,
    email: person.email,
    name: person.name,
    roles: person.roles.map(({ partyId, role, grantedAtMs }) => ({
      partyId,
      role,
      grantedAt: instant(grantedAtMs),
    })),
  };
}
