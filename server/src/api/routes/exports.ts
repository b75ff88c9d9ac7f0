import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { csvRow } from '../../kernel/csv-text.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { textWorkbook } from '../../kernel/workbook/write.ts';
import type { ImportKind } from '../../spine/contribution.ts';
import { listSubjects, subjectPage } from '../../spine/registry/subjects.ts';
import { type App, type Doors, need } from '../app.ts';

const PAGE = 500;
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

async function* asCsv(rows: AsyncIterable<readonly string[]>): AsyncGenerator<Buffer> {
  for await (const cells of rows) yield Buffer.from(csvRow(cells));
}
