import type { Command } from 'commander';
import type { Named } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { plain } from '../table.ts';

/** GET /device-audits */
interface Check {
  readonly id?: string;
  readonly title?: Named;
  readonly severity?: string;
  readonly isOn?: boolean;
  readonly standing?: number;
}
interface Run {
  readonly standing?: number;
  readonly fresh?: number;
  readonly cleared?: number;
  readonly cut?: readonly string[];
}
/** GET /device-audit-results */
interface Result {
  readonly id?: number;
  readonly check?: string;
  readonly severity?: string;
  readonly of?: string;
  readonly object?: string;
  readonly reason?: string;
  readonly firstAt?: string;
  readonly clearedAt?: string | null;
  readonly verification?: string;
}
interface Which {
  readonly check?: string;
  readonly verification?: string;
  readonly all?: true;
}

/** `devices audits`: what is looked at again and again, what was found, and what people say of it. */
export function addAudits(devices: Command, desk: Desk): void {
  const { say } = desk;
  const audits = devices.command('audits').description(say('audits'));
  audits
    .command('list')
    .description(say('audits.list'))
    .action(async () => {
      const page = await (await desk.server()).get<{ items?: readonly Check[] }>('/api/v1/device-audits');
      desk.answer(page, () =>
        desk.rows<Check>(
          [
            { heading: say('audits.check'), cell: row => plain(row.id ?? '') },
            { heading: say('audits.title'), cell: row => plain(desk.name(row.title)) },
            { heading: say('audits.severity'), cell: row => desk.value('severity', row.severity) },
            {
              heading: say('audits.on'),
              cell: row => say(row.isOn === true ? 'audits.is-on' : 'audits.is-off'),
            },
            { heading: say('audits.standing'), cell: row => String(row.standing ?? '') },
          ],
          { ...page, next: null },
          say('audits.none'),
        ),
      );
    });
  audits
    .command('run')
    .description(say('audits.run'))
    .action(async () => {
      const run = await (await desk.server()).post<Run>('/api/v1/device-audits/run', {});
      const { standing = 0, fresh = 0, cleared = 0, cut = [] } = run;
      desk.answer(run, () => {
        desk.line(say('audits.done', { standing, fresh, cleared }));
        for (const each of cut) desk.line(say('audits.cut', { check: plain(each) }));
      });
    });
  asList(audits.command('results').description(say('audits.results')), say)
    .option('--check <check>', say('audits.check-option'))
    .option('--verification <verification>', say('audits.verification-option'))
    .option('--all', say('audits.all'))
    .action(async (options: ListOptions & Which) => {
      const { check, verification, all } = options;
      const query = { check, verification, all: all === true ? 'true' : undefined };
      const server = await desk.server();
      const page = await listOf<Result>(desk, server, '/api/v1/device-audit-results', options, query);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('audits.check'), cell: row => plain(row.check ?? '') },
            { heading: say('audits.severity'), cell: row => desk.value('severity', row.severity) },
            { heading: say('audits.of'), cell: row => plain(row.of ?? '') },
            { heading: say('audits.object'), cell: row => plain(row.object ?? '') },
            { heading: say('audits.reason'), cell: row => desk.value('audit-reason', row.reason) },
            { heading: say('column.from'), cell: row => desk.time(row.firstAt) },
            {
              heading: say('audits.verification'),
              cell: row => desk.value('audit-verification', row.verification),
            },
          ],
          page,
          say('audits.results-none'),
        ),
      );
    });
  audits
    .command('verify')
    .description(say('audits.verify'))
    .argument('<number>', say('audits.number'))
    .argument('<verification>', say('audits.verification-option'))
    .option('--why <text>', say('audits.why'))
    .action(async (id: string, verification: string, { why }: { why?: string }) => {
      const path = `/api/v1/device-audit-results/${segment(id)}/verify`;
      const body = { verification, ...(why === undefined ? {} : { why }) };
      const done = await (await desk.server()).post<Result>(path, body);
      const words = { id: plain(id), verification: desk.value('audit-verification', done.verification) };
      desk.answer(done, () => desk.line(say('audits.verified', words)));
    });
}
