import type { Command } from 'commander';
import type { Format, Source } from '../answers.ts';
import { asList, type Desk, jsonObject, type ListOptions, listOf } from '../desk.ts';
import { plain } from '../table.ts';
import { addShortfalls } from './shortfalls.ts';

interface AddOptions {
  readonly format: string;
  readonly profile?: string;
  readonly unit?: string;
  readonly counter?: string;
  readonly direction?: string;
  readonly zone?: string;
  readonly recordId?: string;
  readonly mapping?: string;
}

export function addSources(program: Command, desk: Desk): void {
  const { say } = desk;
  const sources = program.command('sources').description(say('sources'));
  asList(sources.command('list').description(say('sources.list')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Source>(desk, await desk.server(), '/api/v1/sources', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: source => String(source.id ?? '') },
            { heading: say('column.name'), cell: source => source.name ?? '' },
            { heading: say('column.format'), cell: source => source.format ?? '' },
            { heading: say('column.watermark'), cell: source => desk.time(source.watermark) },
          ],
          page,
          say('sources.none'),
        ),
      );
    },
  );
  addShortfalls(sources, desk);
  sources
    .command('formats')
    .description(say('sources.formats'))
    .action(async () => {
      const server = await desk.server();
      const page = await server.get<{ readonly items?: readonly Format[] }>('/api/v1/formats');
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.format'), cell: format => format.name ?? '' },
            { heading: say('column.format-needs'), cell: format => (format.needs ?? []).join(' ') },
          ],
          page,
          say('sources.formats-none'),
        ),
      );
    });
  sources
    .command('add')
    .description(say('sources.add'))
    .argument('<name>', say('sources.name'))
    .requiredOption('--format <format>', say('sources.format'))
    .option('--profile <file>', say('sources.profile'))
    .option('--unit <unit>', say('sources.unit'))
    .option('--counter <kind>', say('sources.counter'))
    .option('--direction <direction>', say('sources.direction'))
    .option('--zone <zone>', say('sources.zone'))
    .option('--record-id <field>', say('sources.record-id'))
    .option('--mapping <file>', say('sources.mapping'))
    .action(async (name: string, options: AddOptions) => {
      const profile = await profileOf(desk, options);
      const server = await desk.server();
      const source = await server.post<Source>('/api/v1/sources', { name, format: options.format, profile });
      desk.answer(source, () => desk.line(say('sources.added', { name: plain(name), id: source.id ?? '' })));
    });
}

async function profileOf(desk: Desk, options: AddOptions): Promise<Record<string, unknown>> {
  const { unit, counter, direction, zone, recordId } = options;
  const stated = Object.entries({ unit, counter, direction, zone, recordId }).filter(
    ([, value]) => value !== undefined,
  );
  const fromFile = options.profile === undefined ? {} : await jsonObject(desk, options.profile);
  const mapping = options.mapping === undefined ? {} : { mapping: await jsonObject(desk, options.mapping) };
  return { ...fromFile, ...Object.fromEntries(stated), ...mapping };
}
