import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { instant, rfc3339 } from '../../kernel/time.ts';
import { takeIn } from '../../spine/observations/intake.ts';
import { type Batch, batchById, listBatches } from '../../spine/observations/sources.ts';
import { uploadPlaces } from '../../spine/observations/upload-places.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';
import { passUploadBy, uploadOf } from '../uploads.ts';

const tags = ['observations'];
const Id = Type.Object({ id: Whole });

/**
 * Batches: a file or stream of any size goes in as it comes; the answer is its balance, given only when
 * every record is durable (E-01).
 */
export function batchesRoutes(app: App, doors: Doors): void {
  app.register(async upload => {
    upload.removeAllContentTypeParsers();
    upload.addHook('onError', passUploadBy);
    upload.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    upload.post(
      '/api/v1/sources/:id/batches',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags,
          params: Id,
          querystring: Type.Object({ name: Type.String({ minLength: 1, maxLength: 255 }) }),
        },
      },
      async (request, reply) => {
        const actor = need(request, 'observations:write');
        const { id: sourceId } = request.params as { id: number };
        const { name } = request.query as { name: string };
        const leave = uploadPlaces.take(actor.partyId);
        const report = await takeIn(doors.intake, actor, sourceId, name, uploadOf(request)).finally(leave);
        doors.events.announce({ topic: 'batch', object: `batch/${report.batchId}`, partyId: actor.partyId });
        const { batchId: id, ...rest } = report;
        return reply.code(201).send({ id, sourceId, name, state: 'complete', ...rest });
      },
    );
  });

  app.get(
    '/api/v1/batches',
    { schema: { tags, querystring: Type.Object({ ...pageQuery, source: Type.Optional(Whole) }) } },
    async request => {
      const actor = need(request, 'observations:read');
      const limit = request.query.limit ?? DEFAULT_LIMIT;
      const beforeId = readCursor(request.query.after, ['number'])?.[0] ?? Number.MAX_SAFE_INTEGER;
      const rows = await doors.database.door(actor.partyId, tx =>
        listBatches(tx, { sourceId: request.query.source, beforeId, limit: limit + 1 }),
      );
      return pageOf(rows, limit, batch => [batch.batchId], shown);
    },
  );

  app.get('/api/v1/batches/:id', { schema: { tags, params: Id } }, async request => {
    const actor = need(request, 'observations:read');
    const batch = await doors.database.door(actor.partyId, tx => batchById(tx, request.params.id));
    if (batch === undefined) throw new Refusal('batch-unknown', { subject: `batch/${request.params.id}` });
    return shown(batch);
  });
}

function shown({ batchId: id, openedAtMs, closedAtMs, ...rest }: Batch) {
  return { id, ...rest, openedAt: rfc3339(openedAtMs), closedAt: instant(closedAtMs) };
}
