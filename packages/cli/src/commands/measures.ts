import type { Command } from 'commander';
import type { Measure } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import type { Column } from '../table.ts';
import { detailLine } from './document-sheet.ts';
import { addLadders } from './ladders.ts';
import { addMeasureBatches } from './measure-batches.ts';
import { providerOf, termsOf } from './measure-options.ts';
import { addTwoPersons } from './two-persons.ts';

interface MeasureListOptions extends ListOptions {
  readonly state?: string;
  readonly case?: string;
  readonly subject?: string;
}

export function addMeasures(program: Command, desk: Desk): void {
  const { say } = desk;
  const measures = program.command('measures').description(say('measures'));
  asList(measures.command('list').description(say('measures.list')), say)
    .option('--state <state>', say('measures.state'))
    .option('--case <case>', say('cases.id'))
    .option('--subject <number>', say('measures.subject'))
    .action(async (options: MeasureListOptions) => {
      const query = { state: options.state, case: options.case, subject: options.subject };
      const page = await listOf<Measure>(desk, await desk.server(), '/api/v1/measures', options, query);
      desk.answer(page, () => desk.rows(measureColumns(desk), page, say('measures.none')));
    });
  measures
    .command('show')
    .description(say('measures.show'))
    .argument('<measure>', say('measures.id'))
    .action(async (id: string) => {
      const measure = await (await desk.server()).get<Measure>(`/api/v1/measures/${segment(id)}`);
      desk.answer(measure, () => showMeasure(desk, measure));
    });
  measures
    .command('order')
    .description(say('measures.order'))
    .argument('<case>', say('cases.id'))
    .argument('<kind>', say('measures.kind'))
    .option('--terms <json>', say('measures.terms'))
    .option('--provider <number>', say('measures.provider'))
    .action(async (caseId: string, kind: string, options: { terms?: string; provider?: string }) => {
      const terms = options.terms === undefined ? {} : { terms: termsOf(desk, options.terms) };
      const body = { kind, ...terms, ...providerOf(desk, options.provider) };
      const measure = await (await desk.server()).post<Measure>(
        `/api/v1/cases/${segment(caseId)}/measures`,
        body,
      );
      desk.answer(measure, () => desk.line(say('measures.ordered', { id: measure.id ?? '', kind })));
    });
  measures
    .command('lift')
    .description(say('measures.lift'))
    .argument('<measure>', say('measures.id'))
    .option('--reason <reason>', say('measures.reason'))
    .action(async (id: string, options: { reason?: string }) => {
      const measure = await (await desk.server()).post<Measure>(
        `/api/v1/measures/${segment(id)}/lift`,
        options,
      );
      desk.answer(measure, () => desk.line(say('measures.lifting', { id })));
    });
  addLadders(measures, desk);
  addMeasureBatches(measures, desk);
  addTwoPersons(measures, desk);
}

export function measureColumns(desk: Desk): readonly Column<Measure>[] {
  const { say } = desk;
  return [
    { heading: say('column.measure'), cell: measure => String(measure.id ?? '') },
    { heading: say('column.case'), cell: measure => String(measure.caseId ?? '') },
    { heading: say('column.kind'), cell: measure => desk.name(measure.title) || (measure.kind ?? '') },
    { heading: say('column.subject'), cell: measure => measure.subject?.reference ?? '' },
    { heading: say('column.state'), cell: measure => desk.value('step', measure.state) },
    { heading: say('column.due'), cell: measure => desk.time(measure.dueAt) },
    { heading: say('column.effective'), cell: measure => desk.time(measure.effectiveAt) },
  ];
}

function showMeasure(desk: Desk, measure: Measure): void {
  const { say } = desk;
  desk.pairs([
    [say('column.measure'), measure.id],
    [say('column.case'), measure.caseId],
    [say('column.kind'), `${desk.name(measure.title)} ${measure.kind ?? ''}`.trim()],
    [say('column.subject'), measure.subject?.reference],
    [say('column.provider'), measure.provider ?? measure.providerId],
    [say('column.state'), desk.value('step', measure.state)],
    [say('column.due'), desk.time(measure.dueAt)],
    [say('column.decided-by'), `${measure.decidedBy ?? ''} ${desk.time(measure.decidedAt)}`.trim()],
  ]);
  desk.line('');
  desk.rows(
    [
      { heading: say('column.at'), cell: step => desk.time(step.at) },
      { heading: say('column.from'), cell: step => desk.value('step', step.from) },
      { heading: say('column.to'), cell: step => desk.value('step', step.to) },
      { heading: say('column.actor'), cell: step => step.actor ?? '' },
      { heading: say('column.proof'), cell: step => detailLine(desk, step.proof) },
    ],
    { items: measure.steps ?? [] },
    say('measures.no-steps'),
  );
}
