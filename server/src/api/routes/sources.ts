import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { plainProfile, type SourceProfile } from '../../spine/observations/source-profile.ts';
import { listSources, registerSource, type Source, sourceById } from '../../spine/observations/sources.ts';
import { confirmVolumes, type Jump, jumpsOf, shownJump } from '../../spine/observations/volumes/volumes.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const Profile = Type.Partial(
  Type.Object({
    unit: Type.String({ maxLength: 8 }),
    counter: Type.String({ maxLength: 16 }),
    direction: Type.String({ maxLength: 16 }),
    zone: Type.String({ maxLength: 64 }),
    recordId: Type.Union([Type.String({ maxLength: 128 }), Type.Null()]),
    lateWindowMs: Whole,
    mayStateAliases: Type.Boolean(),
    mapping: Type.Unknown(),
  }),
  { additionalProperties: false },
);

/** Sources: where records come from, and what each declares of itself. */
export function sourcesRoutes(app: App, doors: Doors): void {
  const formats = new Map(
    doors.contributions.flatMap(each => each.formats.map(format => [format.name, format])),
  );

  app.get(
    '/api/v1/sources',
    { schema: { tags: ['observations'], querystring: Type.Object(pageQuery) } },
    async request => {
      const actor = need(request, 'sources:read');
      const limit = request.query.limit ?? DEFAULT_LIMIT;
      const after = readCursor(request.query.after, ['number'])?.[0] ?? 0;
      const { rows, jumps } = await doors.database.door(actor.partyId, async tx => {
        const listed = await listSources(tx, after, limit + 1);
        const ids = listed.map(source => source.sourceId);
        return { rows: listed, jumps: await jumpsOf(tx, ids) };
      });
      return pageOf(
        rows,
        limit,
        source => [source.sourceId],
        source => shown(source, jumps),
      );
    },
  );

  app.get('/api/v1/formats', { schema: { tags: ['observations'] } }, async request => {
    need(request, 'sources:read');
    const items = [...formats.values()].map(format => {
      const { name, yields, isText } = format;
      return { name, yields, isText, needs: format.checkProfile(plainProfile) };
    });
    return { items };
  });

  app.get(
    '/api/v1/sources/:id',
    { schema: { tags: ['observations'], params: Type.Object({ id: Whole }) } },
    async request => {
      const actor = need(request, 'sources:read');
      const { id } = request.params;
      const { source, jumps } = await doors.database.door(actor.partyId, async tx => ({
        source: await sourceById(tx, id),
        jumps: await jumpsOf(tx, [id]),
      }));
      if (source === undefined) throw new Refusal('source-unknown', { subject: `source/${id}` });
      return shown(source, jumps);
    },
  );

  app.post(
    '/api/v1/sources/:id/volumes/confirmation',
    { schema: { tags: ['observations'], params: Type.Object({ id: Whole }) } },
    async request => {
      const actor = need(request, 'sources:write');
      return { answered: shownJump(await confirmVolumes(doors, actor, request.params.id)) };
    },
  );

  app.post(
    '/api/v1/sources',
    {
      schema: {
        tags: ['observations'],
        body: Type.Object(
          {
            name: Type.String({ maxLength: 63 }),
            format: Type.String({ maxLength: 63 }),
            profile: Type.Optional(Profile),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const actor = need(request, 'sources:write');
      const { name, format } = request.body;
      const profile = (request.body.profile ?? {}) as Partial<SourceProfile>;
      const atMs = doors.clock.now();
      const sourceId = await doors.database.door(actor.partyId, tx =>
        registerSource(tx, formats, actor, { name, format, profile }, atMs),
      );
      return reply.code(201).send({ id: sourceId });
    },
  );
}

function shown(source: Source, jumps: ReadonlyMap<number, Jump>) {
  return {
    id: source.sourceId,
    partyId: source.partyId,
    name: source.name,
    format: source.format,
    profile: source.profile,
    watermark: instant(source.watermarkMs),
    volumes: shownJump(jumps.get(source.sourceId)),
    createdAt: rfc3339(source.createdAtMs),
    retiredAt: instant(source.retiredAtMs),
  };
}
