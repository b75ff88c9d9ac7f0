import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { ExportHand } from '../../spine/regulator/export-table.ts';
import { regulatorExport } from '../../spine/regulator/regulator-export.ts';
import { type App, type Doors, need } from '../app.ts';

const closed = { additionalProperties: false };
const Instant = Type.String({ format: 'date-time', maxLength: 40 });
const Name = Type.String({ minLength: 1, maxLength: 40 });

/** The four data sets of a period for a supervising authority (C-54), as one archive. */
export function regulatorExportsRoutes(app: App, doors: Doors): void {
  app.post(
    '/api/v1/regulator-exports',
    {
      schema: {
        tags: ['registry'],
        body: Type.Object(
          {
            from: Instant,
            to: Instant,
            sets: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 20 })),
            format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('ndjson')])),
            zone: Type.Optional(Name),
            unmasked: Type.Optional(
              Type.Object(
                {
                  purpose: Type.Union([
                    Type.Literal('authority-request'),
                    Type.Literal('report-to-authority'),
                  ]),
                  ground: Type.String({ minLength: 4, maxLength: 300, pattern: '^[^\\x00-\\x1f\\x7f]+$' }),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
      },
    },
    async (request, reply) => {
      const { partyId, label, userId } = need(request, 'regulator:export');
      const { from, to, sets, format = 'csv', zone, unmasked = null } = request.body;
      if (unmasked !== null) {
        need(request, 'identifiers:see');
        need(request, 'persons:unmask');
      }
      const { database, clock, rootKeys } = doors;
      const actor = { partyId, label, userId };
      const hand: ExportHand = { database, clock, rootKeys, actor, unmasked };
      const period = { fromMs: Date.parse(from), toMs: Date.parse(to) };
      const bytes = await regulatorExport(hand, doors.regulator, { period, sets, format, zone });
      reply.header('content-disposition', 'attachment; filename="regulator-export.zip"');
      reply.type('application/zip');
      return Readable.from(bytes, { objectMode: false });
    },
  );
}
