import { Type } from 'typebox';
import { instant } from '../../kernel/time.ts';
import {
  foundParty,
  listParties,
  PARTY_KINDS,
  type Party,
  partyById,
} from '../../spine/registry/people/parties.ts';
import { type App, type Doors, need } from '../app.ts';
import { Numeral, Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['parties'];
const Name = Type.String({ minLength: 1, maxLength: 200 });
const NewParty = Type.Object(
  {
    kind: Type.Union(PARTY_KINDS.map(kind => Type.Literal(kind))),
    name: Type.Object({ en: Name, zh: Name }, { additionalProperties: false }),
    parentId: Type.Optional(Numeral),
  },
  { additionalProperties: false },
);

/** The tree of organisations, from the actor's own downwards. */
export function partiesRoutes(app: App, doors: Doors): void {
  app.get('/api/v1/parties', { schema: { tags, querystring: Type.Object(pageQuery) } }, async request => {
    const actor = need(request, 'parties:read');
    const limit = request.query.limit ?? DEFAULT_LIMIT;
    const after = readCursor(request.query.after, ['number'])?.[0] ?? 0;
    const rows = await listParties(doors.database, actor.partyId, after, limit + 1);
    return pageOf(rows, limit, party => [party.partyId], shown);
  });

  app.get('/api/v1/parties/:id', { schema: { tags, params: Type.Object({ id: Whole }) } }, async request => {
    const actor = need(request, 'parties:read');
    return shown(await partyById(doors.database, actor.partyId, request.params.id));
  });

  app.post('/api/v1/parties', { schema: { tags, body: NewParty } }, async (request, reply) => {
    const actor = need(request, 'parties:write');
    const { kind, name, parentId = actor.partyId } = request.body;
    const id = await foundParty(doors, actor, { parentId, kind, nameEn: name.en, nameZh: name.zh });
    doors.events.announce({ topic: 'party', object: `party/${id}`, partyId: parentId });
    reply.code(201);
    return shown(await partyById(doors.database, actor.partyId, id));
  });
}

function shown(party: Party) {
  return {
    id: party.partyId,
    parentId: party.parentId,
    kind: party.kind,
    name: { en: party.nameEn, zh: party.nameZh },
    createdAt: instant(party.createdAtMs),
  };
}
