import type { Command } from 'commander';
import type { Critical, MeasureProposal } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { providerOf, termsOf } from './measure-options.ts';

interface ProposalListOptions extends ListOptions {
  readonly case?: string;
  readonly waiting?: boolean;
}

interface ProposeOptions {
  readonly why: string;
  readonly terms?: string;
  readonly provider?: string;
}

/** `measures propose`, `proposals`, `approve`, `refuse`, `withdraw`, `critical …`: what two persons decide. */
export function addTwoPersons(measures: Command, desk: Desk): void {
  const { say } = desk;
  addProposing(measures, desk);
  for (const deed of ['approve', 'refuse', 'withdraw'] as const)
    measures
      .command(deed)
      .description(say(`measures.${deed}`))
      .argument('<proposal>', say('measures.proposal'))
      .option('--note <note>', say('measures.proposal.note'))
      .action(async (id: string, options: { note?: string }) => {
        const path = `/api/v1/measure-proposals/${segment(id)}/decision`;
        const proposal = await (await desk.server()).post<MeasureProposal>(path, { deed, ...options });
        desk.answer(proposal, () =>
          desk.line(say('measures.decided', { id, state: stateOf(desk, proposal) })),
        );
      });
  addCritical(measures, desk);
}

function addProposing(measures: Command, desk: Desk): void {
  const { say } = desk;
  measures
    .command('propose')
    .description(say('measures.propose'))
    .argument('<case>', say('cases.id'))
    .argument('<kind>', say('measures.kind'))
    .requiredOption('--why <why>', say('measures.why'))
    .option('--terms <json>', say('measures.terms'))
    .option('--provider <number>', say('measures.provider'))
    .action(async (caseId: string, kind: string, options: ProposeOptions) => {
      const path = `/api/v1/cases/${segment(caseId)}/measure-proposals`;
      const terms = options.terms === undefined ? {} : { terms: termsOf(desk, options.terms) };
      const body = { kind, why: options.why, ...terms, ...providerOf(desk, options.provider) };
      const proposal = await (await desk.server()).post<MeasureProposal>(path, body);
      const told = { id: proposal.id ?? '', until: desk.time(proposal.expiresAt) };
      desk.answer(proposal, () => desk.line(say('measures.proposed', told)));
    });
  asList(measures.command('proposals').description(say('measures.proposals')), say)
    .option('--case <case>', say('cases.id'))
    .option('--waiting', say('measures.proposals.waiting'))
    .action(async (options: ProposalListOptions) => {
      const query = { case: options.case, waiting: options.waiting === true ? 'true' : undefined };
      const path = '/api/v1/measure-proposals';
      const page = await listOf<MeasureProposal>(desk, await desk.server(), path, options, query);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.proposal'), cell: row => String(row.id ?? '') },
            { heading: say('column.case'), cell: row => String(row.caseId ?? '') },
            { heading: say('column.kind'), cell: row => row.kind ?? '' },
            { heading: say('column.state'), cell: row => stateOf(desk, row) },
            { heading: say('column.actor'), cell: row => row.proposedBy ?? '' },
            { heading: say('column.consents'), cell: row => (row.consents ?? []).join(' ') },
            { heading: say('column.due'), cell: row => desk.time(row.expiresAt) },
            { heading: say('column.why'), cell: row => row.why ?? '' },
          ],
          page,
          say('measures.proposals.none'),
        ),
      );
    });
}

function addCritical(measures: Command, desk: Desk): void {
  const { say } = desk;
  const critical = measures.command('critical').description(say('measures.critical'));
  critical
    .command('show')
    .description(say('measures.critical.show'))
    .argument('<subject>', say('measures.critical.subject'))
    .action(async (id: string) => {
      const shown = await (await desk.server()).get<Critical>(pathOf(id));
      desk.answer(shown, () => showCritical(desk, shown));
    });
  for (const deed of ['mark', 'unmark'] as const)
    critical
      .command(deed)
      .description(say(`measures.critical.${deed}`))
      .argument('<subject>', say('measures.critical.subject'))
      .requiredOption('--why <why>', say('measures.why'))
      .action(async (id: string, options: { why: string }) => {
        const body = { critical: deed === 'mark', ...options };
        const shown = await (await desk.server()).post<Critical>(pathOf(id), body);
        desk.answer(shown, () => showCritical(desk, shown));
      });
}

const pathOf = (subjectId: string) => `/api/v1/subjects/${segment(subjectId)}/critical`;

function stateOf(desk: Desk, proposal: MeasureProposal): string {
  return desk.value('proposal', proposal.decision ?? (proposal.waiting === false ? 'expired' : 'waiting'));
}

function showCritical(desk: Desk, shown: Critical): void {
  const { say } = desk;
  desk.pairs([
    [say('column.subject'), shown.subjectId],
    [say('column.critical'), desk.value('critical', String(shown.critical))],
  ]);
  desk.line('');
  desk.rows(
    [
      { heading: say('column.at'), cell: mark => desk.time(mark.at) },
      { heading: say('column.state'), cell: mark => desk.value('mark', mark.deed) },
      { heading: say('column.due'), cell: mark => desk.time(mark.expiresAt) },
      { heading: say('column.actor'), cell: mark => mark.actor ?? '' },
      { heading: say('column.why'), cell: mark => mark.why ?? '' },
    ],
    { items: shown.marks ?? [] },
    say('measures.critical.none'),
  );
}
