import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ImportKind, ImportReport, Page } from '../answers.ts';
import { type Desk, jsonObject, segment } from '../desk.ts';
import { plain } from '../table.ts';

export function addImport(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('import')
    .description(say('import'))
    .argument('[name]', say('import.name'))
    .argument('[file]', say('import.file'))
    .option('--mapping <file>', say('import.mapping'))
    .action(async (name: string | undefined, file: string | undefined, options: { mapping?: string }) => {
      const server = await desk.server();
      if (name === undefined || file === undefined) {
        const kinds = await server.get<Page<ImportKind>>('/api/v1/imports');
        return desk.answer(kinds, () => showKinds(desk, kinds));
      }
      if (file !== '-') await stat(file);
      const bytes = file === '-' ? desk.shell.stdin : createReadStream(file);
      const path = `/api/v1/imports/${segment(name)}${await mappingQuery(desk, options.mapping)}`;
      const report = await server.stream<ImportReport>(path, bytes, 'text/csv');
      desk.answer(report, () => showReport(desk, report));
    });
}

async function mappingQuery(desk: Desk, path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  return `?mapping=${encodeURIComponent(JSON.stringify(await jsonObject(desk, path)))}`;
}

function showKinds(desk: Desk, kinds: Page<ImportKind>): void {
  desk.rows(
    [
      { heading: desk.say('column.name'), cell: kind => kind.name ?? '' },
      { heading: desk.say('column.columns'), cell: kind => (kind.columns ?? []).join(', ') },
    ],
    kinds,
    desk.say('import.none'),
  );
}

function showReport(desk: Desk, report: ImportReport): void {
  const refused = report.refused ?? [];
  desk.pairs([
    [desk.say('import.rows'), report.rows],
    [desk.say('import.registered'), report.registered],
    [desk.say('import.unchanged'), report.unchanged],
    [desk.say('import.refused'), report.refusedCount ?? refused.length],
    [desk.say('import.contested'), report.contestedCount],
  ]);
  for (const row of refused) desk.line(plain(`  ${row.place ?? ''}: ${row.reason ?? ''}`));
  for (const claim of report.contested ?? []) desk.line(desk.say('import.contest', { claim: plain(claim) }));
}
