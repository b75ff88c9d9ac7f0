import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { rfc3339 } from '../../kernel/time.ts';
import {
  discard,
  listQuarantined,
  type Quarantined,
  quarantinedById,
  replay,
} from '../../spine/observations/quarantine/replay.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['quarantine'];
const Id = Type.Object({ id: Whole });
/** A mended record as text, or as base64 where the format is binary. */
const Mend = Type.Object(
  {
    mended: Type.Optional(Type.String({ maxLength: 1_000_000 })),
    mendedBase64: Type.Optional(Type.String({ maxLength: 1_400_000 })),
  },
  { additionalProperties: false },
);

/** The quarantine bench: look at a record that could not be read, mend it, replay it, or say it will not be. */
export function quarantineRoutes(app: App, doors: Doors): void {
  app.get(
    '/api/v1/quarantine',
    {
      schema: {
        tags,
        querystring: Type.Object({
          ...pageQuery,
          source: Type.Optional(Whole),
          state: Type.Optional(
            Type.Union([Type.Literal('open'), Type.Literal('replayed'), Type.Literal('discarded')]),
          ),
        }),
      },
    },
    async request => {
      const actor = need(request, 'quarantine:read');
      const { source: sourceId, state, after } = request.query;
      const limit = request.query.limit ?? DEFAULT_LIMIT;
      const afterId = readCursor(after, ['number'])?.[0] ?? 0;
      const rows = await doors.database.door(actor.partyId, tx =>
        listQuarantined(tx, { sourceId, state, afterId, limit: limit + 1 }),
      );
      return pageOf(rows, limit, row => [row.quarantineId], shown);
    },
  );

  app.get('/api/v1/quarantine/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'quarantine:read');
    const record = await doors.database.door(actor.partyId, tx =>
      quarantinedById(tx, request.params.id, false),
    );
    if (record === undefined)
      throw new Refusal('quarantined-unknown', { subject: `quarantine/${request.params.id}` });
    const { raw, before } = record;
    return {
      ...shown(record),
      text: textOrNull(raw),
      raw: raw.toString('base64'),
      header: before.length > 0 ? textOrNull(before) : null,
    };
  });

  app.post('/api/v1/quarantine/:id/replay', { schema: { tags, params: Id, body: Mend } }, async request => {
    const actor = need(request, 'quarantine:write');
    const { mended, mendedBase64 } = request.body;
    const bytes =
      mended !== undefined
        ? Buffer.from(mended, 'utf8')
        : mendedBase64 !== undefined
          ? Buffer.from(mendedBase64, 'base64')
          : undefined;
    return replay(doors.intake, actor, request.params.id, bytes);
  });

  app.post(
    '/api/v1/quarantine/:id/discard',
    {
      schema: {
        tags,
        params: Id,
        body: Type.Object(
          { reason: Type.String({ minLength: 1, maxLength: 2_000 }) },
          { additionalProperties: false },
        ),
      },
    },
    async (request, reply) => {
      const actor = need(request, 'quarantine:write');
      await discard(doors.intake, actor, request.params.id, request.body.reason);
      return reply.code(204).send();
    },
  );
}

function shown(record: Quarantined) {
  const { quarantineId: id, sourceId, partyId, batchId, recordNo, place, reason, detail, state } = record;
  return {
    id,
    sourceId,
    partyId,
    batchId,
    recordNo,
    place,
    reason,
    detail,
    state,
    createdAt: rfc3339(record.createdAtMs),
    actedBy: record.actedBy,
  };
}

/** The bytes as text where they are UTF-8 without control characters; otherwise only base64 tells them. */
function textOrNull(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') || /\p{Cc}/u.test(text.replace(/[\t\r\n]/g, '')) ? null : text;
}
