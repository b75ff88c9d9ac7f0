import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { csvRow, textCell } from '../../kernel/csv-text.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { textWorkbook } from '../../kernel/workbook/write.ts';
import type { ImportKind } from '../../spine/contribution.ts';
import { exportedRecords, type RecordsOf } from '../../spine/exported-records.ts';
import type { RecordCell } from '../../spine/observations/record-table.ts';
import { listSubjects, subjectPage } from '../../spine/registry/subjects.ts';
import { type App, type Doors, need } from '../app.ts';
import { Whole } from '../numbers.ts';
import { stretchOf } from './usage.ts';

export type ExportCode = 'export-of-what';

const PAGE = 500;
const Instant = Type.Optional(Type.String({ format: 'date-time', maxLength: 40 }));
const Format = Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('xlsx')]));
const WORKBOOK = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Tables of registrations as they are imported: read again they register nothing new (C-29). */
export function exportsRoutes(app: App, doors: Doors): void {
  const tables = doors.contributions.flatMap(each => each.imports).filter(each => each.rowsOf !== undefined);

  app.get(
    '/api/v1/exports/:name',
    {
      schema: {
        tags: ['registry'],
        params: Type.Object({ name: Type.String({ maxLength: 63 }) }),
        querystring: Type.Object({ format: Format }),
      },
    },
    async (request, reply) => {
      const actor = need(request, 'registry:read');
      needIdentifiers(request);
      const table = tables.find(each => each.name === request.params.name);
      if (table === undefined)
        throw new Refusal('import-unknown', { subject: `import/${request.params.name}` });
      const { format = 'csv' } = request.query;
      const rows = rowsOf(table, doors, actor.partyId);
      reply.header('content-disposition', `attachment; filename="${table.name}.${format}"`);
      reply.type(format === 'csv' ? 'text/csv; charset=utf-8' : WORKBOOK);
      return Readable.from(format === 'csv' ? asCsv(rows) : textWorkbook(rows), { objectMode: false });
    },
  );

  app.get(
    '/api/v1/exports/records',
    {
      schema: {
        tags: ['observations'],
        querystring: Type.Object({
          format: Format,
          subject: Type.Optional(Whole),
          source: Type.Optional(Whole),
          from: Instant,
          to: Instant,
        }),
      },
    },
    async (request, reply) => {
      const actor = need(request, 'observations:read');
      needIdentifiers(request);
      const { format = 'csv', ...query } = request.query;
      const { database, contributions } = doors;
      const rows = await exportedRecords(
        database,
        contributions,
        actor.partyId,
        whose(query),
        stretchOf(query),
      );
      reply.header('content-disposition', `attachment; filename="records.${format}"`);
      reply.type(format === 'csv' ? 'text/csv; charset=utf-8' : WORKBOOK);
      const bytes = format === 'csv' ? asCsv(rows) : textWorkbook(asTexts(rows), tooMany);
      return Readable.from(bytes, { objectMode: false });
    },
  );
}

/** A table holds identifiers as they are: a person to whom they are shown masked gets none. A key is held to its scopes. */
function needIdentifiers(request: FastifyRequest): void {
  if (request.actor?.by !== 'api-key') need(request, 'identifiers:see');
}

/** Records are of one subject or of one source. */
function whose({ subject, source }: { subject?: number; source?: number }): RecordsOf {
  if (subject !== undefined && source === undefined) return { subjectId: subject };
  if (source !== undefined && subject === undefined) return { sourceId: source };
  throw new Refusal<ExportCode>('export-of-what');
}

/** A workbook that lacks rows is taken for a whole one: the download breaks off instead. */
function tooMany(): never {
  throw new Error('more records than a workbook has rows; ask for CSV or for a shorter time');
}

async function* asTexts(rows: AsyncIterable<readonly RecordCell[]>): AsyncGenerator<string[]> {
  for await (const cells of rows)
    yield cells.map(cell => (typeof cell === 'string' ? textCell(cell) : String(cell)));
}

/** The names of the columns, then row after row; memory holds a page of subjects. */
async function* rowsOf(table: ImportKind, doors: Doors, partyId: number): AsyncGenerator<readonly string[]> {
  yield table.columns;
  const { kind = '', read = () => [] } = table.rowsOf ?? {};
  for (let after = 0; ; ) {
    const subjects = await listSubjects(doors.database, partyId, { kind }, after, PAGE);
    for (const { subjectId } of subjects) {
      const page = await subjectPage(doors.database, partyId, subjectId);
      const { aliases, links, facts } = page;
      const rows = read({
        ...page,
        aliases: standing(aliases),
        links: standing(links),
        facts: standing(facts),
      });
      for (const row of rows) yield table.columns.map(column => row[column] ?? '');
    }
    if (subjects.length < PAGE) return;
    after = subjects.at(-1)?.subjectId ?? after;
  }
}

/** What was not retired, the oldest first. */
function standing<Each extends { readonly retiredAtMs: number | null }>(all: readonly Each[]): Each[] {
  return all.filter(each => each.retiredAtMs === null).reverse();
}

async function* asCsv(rows: AsyncIterable<readonly RecordCell[]>): AsyncGenerator<Buffer> {
  for await (const cells of rows) yield Buffer.from(csvRow(cells));
}
