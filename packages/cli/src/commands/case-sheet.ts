import type { Case, CaseAct } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { plain } from '../table.ts';
import { millis, span } from '../times.ts';
import { detailLine } from './document-sheet.ts';
import { findingColumns } from './findings.ts';
import { measureColumns } from './measures.ts';

/** One case as people read it: what it is, its clocks, findings, measures, and its time line. */
export function showCase(desk: Desk, found: Case): void {
  const { say } = desk;
  desk.pairs([
    [say('column.case'), found.id],
    [say('column.rule'), `${desk.name(found.title)} ${found.ruleId ?? ''}`.trim()],
    [say('column.subject'), `${found.subject?.kind ?? ''} ${found.subject?.reference ?? ''}`.trim()],
    [say('column.state'), desk.value('state', found.state)],
    [say('column.severity'), desk.value('severity', found.severity)],
    [say('column.owner'), found.ownerLabel ?? found.ownerId],
    [say('column.opened'), desk.time(found.openedAt)],
    [say('column.closed'), `${desk.time(found.closedAt)} ${found.closeReason ?? ''}`.trim()],
    [say('column.suggests'), found.suggests],
  ]);
  section(desk, say('cases.clocks'));
  desk.rows(
    [
      { heading: say('column.clock'), cell: clock => desk.name(clock.title) || (clock.clockId ?? '') },
      { heading: say('column.state'), cell: clock => desk.value('clock', clock.state) },
      { heading: say('column.due'), cell: clock => desk.time(clock.dueAt) },
      {
        heading: say('column.left'),
        cell: clock => (clock.state === 'running' ? left(desk, millis(clock.dueAt)) : ''),
      },
      { heading: say('column.zone'), cell: clock => clock.zone ?? '' },
    ],
    { items: found.clocks ?? [] },
    say('cases.no-clocks'),
  );
  section(desk, say('findings'));
  desk.rows(findingColumns(desk), { items: found.findings ?? [] }, say('findings.none'));
  section(desk, say('measures'));
  desk.rows(
    measureColumns(desk),
    { items: found.measures ?? [] },
    say('measures.none-here', { id: found.id ?? '' }),
  );
  section(desk, say('cases.time-line'));
  desk.rows(
    [
      { heading: say('column.at'), cell: act => desk.time(act.at) },
      { heading: say('column.act'), cell: act => actText(desk, act) },
      { heading: say('column.actor'), cell: act => act.actor ?? '' },
      { heading: say('column.detail'), cell: act => detailLine(desk, act.detail) },
    ],
    { items: found.acts ?? [] },
    say('cases.no-acts'),
  );
}

/** What happened, and to what: the clock, the rung or the measure by its title. */
function actText(desk: Desk, { kind, about }: CaseAct): string {
  return [desk.value('act', kind), desk.name(about)].filter(text => text !== '').join(' · ');
}

function section(desk: Desk, heading: string): void {
  desk.line('');
  desk.line(`— ${plain(heading)}`);
}

function left(desk: Desk, dueMs: number | undefined): string {
  if (dueMs === undefined) return '';
  const leftMs = dueMs - desk.shell.now();
  return leftMs >= 0 ? span(leftMs) : desk.say('cases.overdue', { span: span(-leftMs) });
}
