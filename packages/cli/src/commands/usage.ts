import type { Command } from 'commander';
import type { Page, SubjectUsage, UsageOfKind, UsageRow } from '../answers.ts';
import type { Desk } from '../desk.ts';
import type { Server } from '../server.ts';
import { Fault } from '../shell.ts';
import { plain } from '../table.ts';

interface UsageOptions {
  readonly from?: string;
  readonly to?: string;
  readonly series?: boolean;
}

export function addUsage(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('usage')
    .description(say('usage'))
    .argument('<subject>', say('usage.subject'))
    .option('--from <time>', say('usage.from'))
    .option('--to <time>', say('usage.to'))
    .option('--series', say('usage.series'))
    .action(async (subject: string, options: UsageOptions) => {
      const server = await desk.server();
      const id = await subjectNamed(desk, server, subject);
      const query = new URLSearchParams();
      if (options.from !== undefined) query.set('from', options.from);
      if (options.to !== undefined) query.set('to', options.to);
      const answer = await server.get<SubjectUsage>(`/api/v1/subjects/${id}/usage?${query}`);
      desk.answer(answer, () => showUsage(desk, answer, options.series === true));
    });
}

/** The longest number taken for a subject's own; identifiers of cards are longer. */
const LONGEST_NUMBER = 9;

/**
 * The subject of that number, reference or claim (`imsi:…`). A bare identifier is tried as each kind; an ICCID
 * of 20 digits also without its check digit, which is how cards are registered.
 */
export async function subjectNamed(desk: Desk, server: Server, text: string): Promise<number> {
  if (/^\d+$/.test(text) && text.length <= LONGEST_NUMBER) return Number(text);
  const bare = /^\d{20}$/.test(text) ? [text, text.slice(0, -1)] : [text];
  const claims = text.includes(':')
    ? [text]
    : [...bare.map(each => `iccid:${each}`), ...['imsi', 'msisdn', 'eid'].map(kind => `${kind}:${text}`)];
  const asked = [...bare.map(reference => ({ reference })), ...claims.map(claim => ({ claim }))];
  for (const query of asked) {
    const path = `/api/v1/subjects?${new URLSearchParams({ ...query, limit: '2' })}`;
    const { items = [] } = await server.get<Page<{ readonly id?: number }>>(path);
    if (items.length > 1) throw new Fault(desk.say('usage.ambiguous', { subject: plain(text) }));
    const id = items[0]?.id;
    if (id !== undefined) return id;
  }
  throw new Fault(desk.say('usage.unknown', { subject: plain(text) }));
}

function showUsage(desk: Desk, answer: SubjectUsage, withSeries: boolean): void {
  const { say } = desk;
  desk.pairs([
    [say('column.subject'), `${answer.subject?.kind ?? ''} ${answer.subject?.reference ?? ''}`.trim()],
  ]);
  if ((answer.usage ?? []).length === 0) desk.line(say('usage.none'));
  for (const usage of answer.usage ?? []) showKind(desk, usage, withSeries);
}

function showKind(desk: Desk, usage: UsageOfKind, withSeries: boolean): void {
  const { say } = desk;
  const counters = usage.counters ?? [];
  const figure = (figures: UsageOfKind['figures'], name: string) =>
    figures?.[name] === undefined ? say('usage.not-stated') : String(figures[name]);
  desk.pairs([
    [say('usage.records'), usage.records],
    ...counters.map(name => [desk.value('counter', name), figure(usage.figures, name)] as const),
  ]);
  const marks = Object.entries(usage.marks ?? {}).filter(([mark]) => DOUBTFUL.has(mark));
  for (const [mark, count] of marks) desk.line(`${plain(desk.value('mark', mark))}: ${count}`);
  const figures = counters.map(name => ({
    heading: desk.value('counter', name),
    cell: (row: UsageRow) => figure(row.figures, name),
  }));
  const records = {
    heading: say('usage.records'),
    cell: (row: UsageRow) => String(row.records ?? ''),
  };
  desk.line('');
  desk.rows(
    [{ heading: say('column.day'), cell: (row: UsageRow) => row.day ?? '' }, records, ...figures],
    { items: usage.days ?? [] },
    say('usage.none'),
  );
  if (!withSeries) return;
  desk.line('');
  desk.rows(
    [{ heading: say('column.series'), cell: (row: UsageRow) => row.series ?? '' }, records, ...figures],
    { items: usage.series ?? [] },
    say('usage.none'),
  );
}

/** Ways of working out a delta that a person should know of. */
const DOUBTFUL = new Set(['partial', 'gap', 'wrap', 'restart', 'stale', 'negative']);
