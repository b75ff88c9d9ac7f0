import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import type { Posted } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';
import { sourceNamed } from './source-named.ts';

export function addPost(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('post')
    .description(say('post'))
    .argument('<source>', say('feed.source'))
    .argument('<file>', say('post.file'))
    .action(async (sourceName: string, file: string) => {
      const server = await desk.server();
      const source = await sourceNamed(desk, server, sourceName);
      const bytes = file === '-' ? desk.shell.stdin : createReadStream(file);
      const path = `/api/v1/sources/${source.id}/records`;
      const posted = await server.stream<Posted>(path, bytes, 'application/octet-stream');
      desk.answer(posted, () => showFates(desk, sourceName, posted));
    });
}

function showFates(desk: Desk, sourceName: string, { records = [], quarantined = 0 }: Posted): void {
  const { say } = desk;
  for (const [i, record] of records.entries()) {
    const outcome = plain(desk.value('outcome', record.outcome));
    const { place = '', reason = '', detail = {} } = record;
    const facts = { place: plain(place), reason: plain(reason), detail: plain(JSON.stringify(detail)) };
    desk.line(
      record.reason === undefined
        ? say('post.record', { no: i + 1, outcome })
        : say('post.unread', { no: i + 1, outcome, ...facts }),
    );
  }
  if (quarantined > 0) desk.line(say('feed.look', { source: plain(sourceName) }));
}
