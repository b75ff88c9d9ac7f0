import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { queryOf } from '../server.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

interface Options {
  readonly where: readonly string[];
  readonly out?: string;
}

const LISTS = ['findings', 'cases', 'measures', 'subjects', 'batches', 'sources', 'people', 'parties'];

/** Any list of the server as CSV. With `--out` the file is there only once it is whole. */
export function addTable(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('table')
    .description(say('table'))
    .argument('<list>', say('table.list', { lists: LISTS.join(' ') }))
    .option('--where <name=value...>', say('table.where'), [])
    .option('--out <file>', say('table.out'))
    .action(async (list: string, { where, out }: Options) => {
      const query = queryOf({ ...filterOf(desk, where), format: 'csv' });
      const path = `/api/v1/${list.split('/').map(segment).join('/')}${query}`;
      const bytes = await (await desk.server()).download(path);
      if (out === undefined) {
        const reader = new TextDecoder();
        for await (const piece of bytes) desk.shell.out(reader.decode(piece, { stream: true }));
        return;
      }
      const sizeBytes = await written(bytes, out);
      desk.answer({ file: out, sizeBytes }, () => desk.line(say('table.done', { file: plain(out) })));
    });
}

function filterOf(desk: Desk, where: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    where.map(pair => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageFault(desk.say('table.not-a-pair', { pair }));
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

async function written(bytes: AsyncIterable<Uint8Array>, out: string): Promise<number> {
  const part = `${out}.part`;
  let sizeBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      sizeBytes += piece.length;
      yield piece;
    }
  }
  try {
    await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(part));
  } catch (fault) {
    await rm(part, { force: true });
    throw fault;
  }
  await rename(part, out);
  return sizeBytes;
}
