import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import { Refusal } from '../../kernel/refusal.ts';
import { importTable } from '../../spine/registry/register.ts';
import type { RegistryCode } from '../../spine/registry/registry-code.ts';
import { type App, type Doors, need } from '../app.ts';

const tags = ['registry'];

/** Tables of registrations, as the modules bring them. A table is a stream of any size. */
export function importsRoutes(app: App, doors: Doors): void {
  const kinds = new Map(doors.contributions.flatMap(each => each.imports.map(kind => [kind.name, kind])));

  app.get('/api/v1/imports', { schema: { tags } }, async request => {
    need(request, 'registry:read');
    return { items: [...kinds.values()].map(({ name, columns }) => ({ name, columns })), next: null };
  });

  app.register(async scope => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(['text/csv', 'application/octet-stream'], (_request, payload, done) =>
      done(null, payload),
    );
    scope.post<{ Params: { name: string }; Body: Readable }>(
      '/api/v1/imports/:name',
      {
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags,
          consumes: ['text/csv'],
          params: Type.Object({ name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }) }),
        },
      },
      async request => {
        const actor = need(request, 'registry:write');
        const kind = kinds.get(request.params.name);
        if (kind === undefined) throw new Refusal<RegistryCode>('import-unknown');
        const report = await importTable(doors, actor, kind, request.body);
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
