import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { plain } from '../table.ts';

/** A table as it is imported: a workbook where the file's name ends so, else CSV. The file is there only once it is whole. */
export function addExport(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('export')
    .description(say('export'))
    .argument('<table>', say('export.table'))
    .argument('<file>', say('export.file'))
    .action(async (table: string, file: string) => {
      const format = file.toLowerCase().endsWith('.xlsx') ? 'xlsx' : 'csv';
      const bytes = await (await desk.server()).download(
        `/api/v1/exports/${segment(table)}?format=${format}`,
      );
      const part = `${file}.part`;
      try {
        await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(part));
      } catch (fault) {
        await rm(part, { force: true });
        throw fault;
      }
      await rename(part, file);
      desk.answer({ file, format }, () => desk.line(say('export.done', { file: plain(file) })));
    });
}
