import type { Command } from 'commander';
import type { Hook, Page } from '../answers.ts';
import { type Desk, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import { sourceNamed } from './source-named.ts';

const SCHEMES = ['hmac-sha256', 'token'];

export function addHooks(program: Command, desk: Desk): void {
  const { say } = desk;
  const hooks = program.command('hooks').description(say('hooks'));
  hooks
    .command('list')
    .description(say('hooks.list'))
    .argument('<source>', say('hooks.source'))
    .action(async (name: string) => {
      const server = await desk.server();
      const { id } = await sourceNamed(desk, server, name);
      const page = await server.get<Page<Hook>>(`/api/v1/sources/${id}/hooks`);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: hook => hook.id ?? '' },
            { heading: say('hooks.column.scheme'), cell: hook => hook.scheme ?? '' },
            { heading: say('hooks.column.header'), cell: hook => hook.header ?? '' },
            { heading: say('hooks.column.ended'), cell: hook => desk.time(hook.endedAt) },
          ],
          page,
          say('hooks.none'),
        ),
      );
    });
  hooks
    .command('add')
    .description(say('hooks.add'))
    .argument('<source>', say('hooks.source'))
    .option('--scheme <scheme>', say('hooks.scheme', { schemes: SCHEMES.join(', ') }), 'hmac-sha256')
    .option('--header <name>', say('hooks.header'))
    .action(async (name: string, { scheme, header }: { scheme: string; header?: string }) => {
      if (!SCHEMES.includes(scheme))
        throw new UsageFault(say('hooks.no-scheme', { schemes: SCHEMES.join(', ') }));
      const server = await desk.server();
      const { id } = await sourceNamed(desk, server, name);
      const asked = { scheme, ...(header === undefined ? {} : { header }) };
      const hook = await server.post<Hook>(`/api/v1/sources/${id}/hooks`, asked);
      desk.answer(hook, () => {
        desk.pairs([
          [say('hooks.path'), plain(hook.path ?? '')],
          [say('hooks.column.scheme'), plain(hook.scheme ?? '')],
          [say('hooks.column.header'), plain(hook.header ?? '')],
          [say('hooks.secret'), plain(hook.secret ?? '')],
        ]);
        desk.line(say('hooks.once'));
      });
    });
  hooks
    .command('end')
    .description(say('hooks.end'))
    .argument('<hook>', say('hooks.id'))
    .action(async (hook: string) => {
      const answer = await (await desk.server()).delete<object>(`/api/v1/hooks/${segment(hook)}`);
      desk.answer(answer, () => desk.line(say('hooks.ended', { id: plain(hook) })));
    });
}
