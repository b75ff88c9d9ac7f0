import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { saveDownload } from '../download.ts';
import type { Server } from '../server.ts';
import { UsageFault } from '../shell.ts';
import { sourceNamed } from './source-named.ts';
import { subjectNamed } from './usage.ts';

interface ExportOptions {
  readonly subject?: string;
  readonly source?: string;
  readonly from?: string;
  readonly to?: string;
}

const RECORDS = 'records';

/**
 * A table as it is imported, or the records of a subject or a source: a workbook where the file's name ends so, else
 * CSV. The file is there only once it is whole.
 */
export function addExport(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('export')
    .description(say('export'))
    .argument('<table>', say('export.table'))
    .argument('<file>', say('export.file'))
    .option('--subject <subject>', say('export.subject'))
    .option('--source <source>', say('export.source'))
    .option('--from <time>', say('usage.from'))
    .option('--to <time>', say('usage.to'))
    .action(async (table: string, file: string, options: ExportOptions) => {
      const format = file.toLowerCase().endsWith('.xlsx') ? 'xlsx' : 'csv';
      const server = await desk.server();
      const query = new URLSearchParams({ format, ...(await whose(desk, server, table, options)) });
      const path = `/api/v1/exports/${segment(table)}?${query}`;
      await saveDownload(desk, server, path, file, { file, format });
    });
}

/** What is asked of records; a table of registrations is always whole. */
async function whose(
  desk: Desk,
  server: Server,
  table: string,
  { subject, source, from, to }: ExportOptions,
): Promise<Record<string, string>> {
  const isOfOne = (subject === undefined) !== (source === undefined);
  const isBare = [subject, source, from, to].every(each => each === undefined);
  if (table === RECORDS ? !isOfOne : !isBare) throw new UsageFault(desk.say('export.of-what'));
  return {
    ...(subject === undefined ? {} : { subject: String(await subjectNamed(desk, server, subject)) }),
    ...(source === undefined ? {} : { source: String((await sourceNamed(desk, server, source)).id) }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
