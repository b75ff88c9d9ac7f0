import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import type { CaseLadder, Ladder, LadderRung } from '../answers-of-ladders.ts';
import { type Desk, segment } from '../desk.ts';

/** `measures ladder …`: where a case stands, and what a person does with its ladder. */
export function addLadders(measures: Command, desk: Desk): void {
  const { say } = desk;
  const ladder = measures.command('ladder').description(say('measures.ladder'));
  ladder
    .command('list')
    .description(say('measures.ladder.list'))
    .action(async () => {
      const page = await (await desk.server()).get<Page<Ladder>>('/api/v1/measure-ladders');
      desk.answer(page, () => listLadders(desk, page));
    });
  ladder
    .command('show')
    .description(say('measures.ladder.show'))
    .argument('<case>', say('cases.id'))
    .action(async (id: string) => {
      const shown = await (await desk.server()).get<CaseLadder>(pathOf(id));
      desk.answer(shown, () => showLadder(desk, shown));
    });
  for (const deed of ['order', 'done', 'climb'] as const) {
    ladder
      .command(deed)
      .description(say(`measures.ladder.${deed}`))
      .argument('<case>', say('cases.id'))
      .option('--reason <reason>', say('measures.ladder.reason'))
      .action(async (id: string, options: { reason?: string }) => {
        const shown = await (await desk.server()).post<CaseLadder>(pathOf(id), { deed, ...options });
        desk.answer(shown, () => showLadder(desk, shown));
      });
  }
}

const pathOf = (caseId: string) => `/api/v1/cases/${segment(caseId)}/ladder`;

function showLadder(desk: Desk, ladder: CaseLadder): void {
  const { say } = desk;
  desk.pairs([
    [say('column.case'), ladder.caseId],
    [say('column.ladder'), `${desk.name(ladder.title)} ${ladder.ladder ?? ''}`.trim()],
  ]);
  desk.line('');
  for (const [i, rung] of (ladder.rungs ?? []).entries()) desk.line(`${i + 1}  ${rungText(desk, rung)}`);
  desk.line('');
  desk.rows(
    [
      { heading: say('column.at'), cell: step => desk.time(step.at) },
      { heading: say('column.rung'), cell: step => String((step.rung ?? 0) + 1) },
      { heading: say('column.deed'), cell: step => desk.name(step.title) || (step.deed ?? '') },
      { heading: say('column.happened'), cell: step => desk.value('rung', step.happened) },
      { heading: say('column.why'), cell: step => desk.value('rung-why', step.reason) },
      { heading: say('column.measure'), cell: step => String(step.measureId ?? '') },
      { heading: say('column.actor'), cell: step => step.actor ?? '' },
    ],
    { items: ladder.steps ?? [] },
    say('measures.ladder.none'),
  );
}

function listLadders(desk: Desk, page: Page<Ladder>): void {
  const { say } = desk;
  for (const ladder of page.items ?? []) {
    desk.pairs([
      [say('column.ladder'), `${desk.name(ladder.title)} ${ladder.id ?? ''} ${ladder.version ?? ''}`.trim()],
      [say('column.for-rules'), namesOf(desk, ladder.rules)],
      [say('column.for-classes'), namesOf(desk, ladder.classes)],
    ]);
    for (const [i, rung] of (ladder.rungs ?? []).entries()) desk.line(`${i + 1}  ${rungText(desk, rung)}`);
    desk.line('');
  }
}

/** A rung with what shows that its task is done, where something does. */
function rungText(desk: Desk, rung: LadderRung): string {
  const title = desk.name(rung.title) || (rung.deed ?? '');
  if (!rung.doneBy) return title;
  return `${title} (${desk.say('measures.ladder.by', { event: desk.value('rung-why', rung.doneBy) })})`;
}

function namesOf(desk: Desk, names: readonly string[] | undefined): string {
  return (names ?? []).map(name => (name === '*' ? desk.say('measures.ladder.every') : name)).join(', ');
}
