import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { ExportHand } from '../../spine/regulator/export-table.ts';
import { refuseAlone } from '../../spine/regulator/in-the-clear/propose.ts';
import { regulatorExport } from '../../spine/regulator/regulator-export.ts';
import { type App, type Doors, need } from '../app.ts';

const closed = { additionalProperties: false };
const Instant = Type.String({ format: 'date-time', maxLength: 40 });
const Name = Type.String({ minLength: 1, maxLength: 40 });

/** What every export is asked for by. */
export const EXPORT_FIELDS = {
  from: Instant,
  to: Instant,
  sets: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 20 })),
  format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('ndjson')])),
  zone: Type.Optional(Name),
};
export const PurposeOf = Type.Union([Type.Literal('authority-request'), Type.Literal('report-to-authority')]);
export const Ground = Type.String({ minLength: 4, maxLength: 300, pattern: '^[^\\x00-\\x1f\\x7f]+$' });

/** The four data sets of a period for a supervising authority (C-54), as one archive in which persons are masked. */
export function regulatorExportsRoutes(app: App, doors: Doors): void {
  app.post(
    '/api/v1/regulator-exports',
    {
      schema: {
        tags: ['registry'],
        body: Type.Object(
          {
            ...EXPORT_FIELDS,
            /** Refused: in the clear is what two persons decide on (`/clear-exports`). */
            unmasked: Type.Optional(Type.Object({ purpose: PurposeOf, ground: Ground }, closed)),
          },
          closed,
        ),
      },
    },
    async (request, reply) => {
      const { partyId, label, userId } = need(request, 'regulator:export');
      const { from, to, sets, format = 'csv', zone, unmasked } = request.body;
      const { database, clock, rootKeys } = doors;
      const actor = { partyId, label, userId };
      if (unmasked !== undefined) {
        const { purpose, ground } = unmasked;
        await refuseAlone(doors, actor, { from, to, purpose, ground });
      }
      const hand: ExportHand = { database, clock, rootKeys, actor, unmasked: null };
      const period = { fromMs: Date.parse(from), toMs: Date.parse(to) };
      const bytes = await regulatorExport(hand, doors.regulator, { period, sets, format, zone });
      return sendArchive(reply, Readable.from(bytes, { objectMode: false }));
    },
  );
}

export function sendArchive(reply: FastifyReply, archive: Readable): Readable {
  reply.header('content-disposition', 'attachment; filename="regulator-export.zip"');
  reply.type('application/zip');
  return archive;
}
