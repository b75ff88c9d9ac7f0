import { Type } from 'typebox';
import { rfc3339 } from '../../kernel/time.ts';
import { ANSWERS, listStatedAliases } from '../../spine/registry/stated.ts';
import { type App, type Doors, need } from '../app.ts';
import { DEFAULT_LIMIT, pageOf, pageQuery, readCursor } from '../paging.ts';

const tags = ['registry'];

/** Identifiers that records stated together, and what became of each statement: a contradiction is seen here. */
export function statedAliasesRoutes(app: App, doors: Doors): void {
  app.get(
    '/api/v1/stated-aliases',
    {
      schema: {
        tags,
        querystring: Type.Object({
          ...pageQuery,
          answer: Type.Optional(Type.Union(ANSWERS.map(answer => Type.Literal(answer)))),
        }),
      },
    },
    async request => {
      const actor = need(request, 'registry:read');
      const { answer, after } = request.query;
      const limit = request.query.limit ?? DEFAULT_LIMIT;
      const afterId = readCursor(after, ['number'])?.[0] ?? 0;
      const rows = await doors.database.door(actor.partyId, tx =>
        listStatedAliases(tx, { answer, afterId, limit: limit + 1 }),
      );
      return pageOf(
        rows,
        limit,
        row => [row.statedId],
        ({ sourceId, claim, by, firstMs, lastMs, ...row }) => ({
          id: row.statedId,
          source: sourceId,
          claim,
          by,
          first: rfc3339(firstMs),
          last: rfc3339(lastMs),
          answer: row.answer,
        }),
      );
    },
  );
}
