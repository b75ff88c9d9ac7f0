import type { Command } from 'commander';
import type { Finding } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import type { Column } from '../table.ts';
import { addCompare } from './compare.ts';

interface FindingListOptions extends ListOptions {
  readonly rule?: string;
  readonly subject?: string;
  readonly standing?: string;
  readonly case?: string;
}

export function addFindings(program: Command, desk: Desk): void {
  const { say } = desk;
  const findings = program.command('findings').description(say('findings'));
  asList(findings.command('list').description(say('findings.list')), say)
    .option('--rule <id>', say('findings.rule'))
    .option('--subject <id>', say('findings.subject'))
    .option('--standing <standing>', say('findings.standing'))
    .option('--case <case>', say('cases.id'))
    .action(async (options: FindingListOptions) => {
      const { rule, subject, standing } = options;
      const query = { rule, subject, standing, case: options.case };
      const server = await desk.server();
      const page = await listOf<Finding>(desk, server, '/api/v1/findings', options, query);
      desk.answer(page, () => desk.rows(findingColumns(desk), page, say('findings.none')));
    });
  findings
    .command('show')
    .description(say('findings.show'))
    .argument('<id>', say('findings.id'))
    .action(async (id: string) => {
      const finding = await (await desk.server()).get<Finding>(`/api/v1/findings/${segment(id)}`);
      desk.answer(finding, () => showFinding(desk, finding));
    });
  addCompare(findings, desk);
}

export function findingColumns(desk: Desk): readonly Column<Finding>[] {
  const { say } = desk;
  return [
    { heading: say('column.observed'), cell: finding => desk.time(finding.observedAt) },
    { heading: say('column.severity'), cell: finding => desk.value('severity', finding.severity) },
    { heading: say('column.rule'), cell: finding => desk.name(finding.title) || (finding.ruleId ?? '') },
    { heading: say('column.subject'), cell: finding => finding.subject?.reference ?? finding.key ?? '' },
    { heading: say('column.standing'), cell: finding => desk.value('standing', finding.standing) },
    { heading: say('column.case'), cell: finding => String(finding.caseId ?? '') },
    { heading: say('column.finding'), cell: finding => finding.id ?? '' },
  ];
}

function showFinding(desk: Desk, finding: Finding): void {
  const { say } = desk;
  desk.pairs([
    [say('column.finding'), finding.id],
    [
      say('column.rule'),
      `${finding.ruleId ?? ''} ${finding.ruleVersion ?? ''} ${desk.name(finding.title)}`.trim(),
    ],
    [say('column.subject'), `${finding.subject?.kind ?? ''} ${finding.subject?.reference ?? ''}`.trim()],
    [say('column.severity'), desk.value('severity', finding.severity)],
    [say('column.observed'), desk.time(finding.observedAt)],
    [say('column.judged'), desk.time(finding.judgedAt)],
    [say('column.standing'), desk.value('standing', finding.standing)],
    [say('column.case'), finding.caseId],
  ]);
  for (const standing of finding.standings ?? []) {
    desk.pairs([
      [
        `  ${desk.time(standing.at)}`,
        `${desk.value('standing', standing.standing)}: ${standing.reason ?? ''}`,
      ],
    ]);
  }
  desk.line('');
  desk.line(JSON.stringify(finding.evidence ?? {}, null, 2));
}
