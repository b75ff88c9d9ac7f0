import type { Command } from 'commander';
import type { Case } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { showCase } from './case-sheet.ts';

interface CaseListOptions extends ListOptions {
  readonly state?: string;
  readonly rule?: string;
}

export function addCases(program: Command, desk: Desk): void {
  const { say } = desk;
  const cases = program.command('cases').description(say('cases'));
  asList(cases.command('list').description(say('cases.list')), say)
    .option('--state <state>', say('cases.state'))
    .option('--rule <id>', say('findings.rule'))
    .action((options: CaseListOptions) => list(desk, options));
  cases
    .command('show')
    .description(say('cases.show'))
    .argument('<case>', say('cases.id'))
    .action(async (id: string) => {
      const found = await (await desk.server()).get<Case>(`/api/v1/cases/${segment(id)}`);
      desk.answer(found, () => showCase(desk, found));
    });
  cases
    .command('note')
    .description(say('cases.note'))
    .argument('<case>', say('cases.id'))
    .argument('<text>', say('cases.note-text'))
    .option('--event <event>', say('cases.event'))
    .action((id: string, text: string, options: { event?: string }) =>
      act(desk, id, 'notes', { text, ...options }, say('cases.noted', { id })),
    );
  cases
    .command('assign')
    .description(say('cases.assign'))
    .argument('<case>', say('cases.id'))
    .argument('<person>', say('cases.person'))
    .action((id: string, person: string) =>
      act(desk, id, 'assign', { ownerId: person }, say('cases.assigned', { id, person })),
    );
  cases
    .command('close')
    .description(say('cases.close'))
    .argument('<case>', say('cases.id'))
    .requiredOption('--reason <reason>', say('cases.reason'))
    .action((id: string, options: { reason: string }) =>
      act(desk, id, 'close', options, say('cases.closed', { id })),
    );
}

async function list(desk: Desk, options: CaseListOptions): Promise<void> {
  const { say } = desk;
  const query = { state: options.state, rule: options.rule };
  const page = await listOf<Case>(desk, await desk.server(), '/api/v1/cases', options, query);
  desk.answer(page, () =>
    desk.rows(
      [
        { heading: say('column.case'), cell: found => String(found.id ?? '') },
        { heading: say('column.opened'), cell: found => desk.time(found.openedAt) },
        { heading: say('column.state'), cell: found => desk.value('state', found.state) },
        { heading: say('column.severity'), cell: found => desk.value('severity', found.severity) },
        { heading: say('column.rule'), cell: found => desk.name(found.title) || (found.ruleId ?? '') },
        { heading: say('column.subject'), cell: found => found.subject?.reference ?? '' },
        { heading: say('column.owner'), cell: found => found.ownerLabel ?? found.ownerId ?? '' },
        { heading: say('column.due'), cell: found => desk.time(found.nextDueAt) },
      ],
      page,
      say('cases.none'),
    ),
  );
}

async function act(desk: Desk, id: string, deed: string, body: unknown, done: string): Promise<void> {
  const answer = await (await desk.server()).post<Case>(`/api/v1/cases/${segment(id)}/${deed}`, body);
  desk.answer(answer, () => desk.line(done));
}
