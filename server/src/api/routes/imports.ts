import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { OWN_COLUMNS, readColumnMapping } from '../../spine/registry/column-mapping.ts';
import { importTable } from '../../spine/registry/register.ts';
import type { RegistryCode } from '../../spine/registry/registry-code.ts';
import { type App, type Doors, need } from '../app.ts';
import { passUploadBy, uploadOf } from '../uploads.ts';

const tags = ['registry'];

/** Tables of registrations, as the modules bring them. A table is a stream of any size, with our columns or a mapping to them. */
export function importsRoutes(app: App, doors: Doors): void {
  const kinds = new Map(doors.contributions.flatMap(each => each.imports.map(kind => [kind.name, kind])));

  app.get('/api/v1/imports', { schema: { tags } }, async request => {
    need(request, 'registry:read');
    return { items: [...kinds.values()].map(({ name, columns }) => ({ name, columns })), next: null };
  });

  app.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addHook('onError', passUploadBy);
    scope.addContentTypeParser(['text/csv', 'application/octet-stream'], (_request, payload, done) =>
      done(null, payload),
    );
    scope.post<{ Params: { name: string }; Querystring: { mapping?: string } }>(
      '/api/v1/imports/:name',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags,
          consumes: ['text/csv'],
          params: Type.Object({ name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }) }),
          // JSON: see `readColumnMapping`.
          querystring: Type.Object({ mapping: Type.Optional(Type.String({ maxLength: 12_000 })) }),
        },
      },
      async request => {
        const actor = need(request, 'registry:write');
        const kind = kinds.get(request.params.name);
        if (kind === undefined) throw new Refusal<RegistryCode>('import-unknown');
        const { mapping: text } = request.query;
        const mapping = text === undefined ? OWN_COLUMNS : readColumnMapping(text);
        const report = await importTable(doors, actor, kind, uploadOf(request), mapping);
        doors.events.announce({
          topic: 'import',
          object: `import/${report.importId}`,
          partyId: actor.partyId,
        });
        doors.wake();
        return report;
      },
    );
  });
}
