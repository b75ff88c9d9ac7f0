import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Batch } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { Unreachable } from '../server.ts';
import { Fault } from '../shell.ts';
import { plain } from '../table.ts';
import { sourceNamed } from './source-named.ts';

const REPORT_EVERY_MS = 500;

export function addFeed(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('feed')
    .description(say('feed'))
    .argument('<source>', say('feed.source'))
    .argument('<file>', say('feed.file'))
    .option('--name <name>', say('feed.name'))
    .action(async (sourceName: string, file: string, options: { name?: string }) => {
      const sizeBytes = file === '-' ? undefined : (await stat(file)).size;
      const server = await desk.server();
      const source = await sourceNamed(desk, server, sourceName);
      const name = options.name ?? (file === '-' ? 'stdin' : basename(file));
      const bytes = watched(
        desk,
        file === '-' ? desk.shell.stdin : createReadStream(file, { highWaterMark: 1 << 18 }),
        sizeBytes,
      );
      const path = `/api/v1/sources/${source.id}/batches?${new URLSearchParams({ name })}`;
      const batch = await server
        .stream<Batch>(path, bytes, 'application/octet-stream')
        .catch((fault: unknown) => {
          if (fault instanceof Unreachable) throw new Fault(say('feed.broken', { cause: fault.message }));
          throw fault;
        });
      desk.answer(batch, () => showBalance(desk, sourceName, batch));
    });
}

/** The same bytes, with the progress shown on standard error; a line that is drawn over on a terminal only. */
function watched(desk: Desk, bytes: Readable, sizeBytes: number | undefined): Readable {
  const { shell, say } = desk;
  const through = new PassThrough({ highWaterMark: 1 << 18 });
  let sentBytes = 0;
  let shownAt = shell.now();
  const show = (end: string) => {
    const percent =
      sizeBytes === undefined || sizeBytes === 0 ? '' : ` (${Math.floor((sentBytes / sizeBytes) * 100)} %)`;
    shell.err(`\r${say('feed.sent', { bytes: megabytes(sentBytes) })}${percent}${end}`);
  };
  bytes.on('data', (chunk: Buffer | string) => {
    sentBytes += chunk.length;
    if (!shell.isErrTerminal || shell.now() - shownAt < REPORT_EVERY_MS) return;
    shownAt = shell.now();
    show('');
  });
  bytes.on('end', () => {
    if (shell.isErrTerminal) show('\n');
  });
  bytes.on('error', fault => through.destroy(fault));
  through.on('close', () => bytes.destroy());
  return bytes.pipe(through);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function showBalance(desk: Desk, sourceName: string, batch: Batch): void {
  const { say } = desk;
  const { received = 0, accepted = 0, duplicate = 0, quarantined = 0 } = batch;
  const isBalanced = received === accepted + duplicate + quarantined;
  desk.line(say('feed.batch', { id: batch.id ?? '', state: plain(desk.value('batch', batch.state)) }));
  desk.line(
    say(isBalanced ? 'feed.balance' : 'feed.unbalanced', { received, accepted, duplicate, quarantined }),
  );
  for (const flag of batch.flags ?? []) {
    desk.line(
      say('feed.flag', { code: plain(flag.code ?? ''), detail: plain(JSON.stringify(flag.detail ?? {})) }),
    );
  }
  if (quarantined > 0) desk.line(say('feed.look', { source: plain(sourceName) }));
  if (!isBalanced) throw new Fault(say('feed.unbalanced.mend'));
}
