import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import { sourceNamed } from './source-named.ts';

interface Poll {
  readonly id?: number;
  readonly providerId?: number;
  readonly from?: string;
  readonly upTo?: string | null;
  readonly cards?: number;
  readonly uncounted?: number;
  readonly openShortfalls?: number;
  readonly nextAt?: string;
  readonly fault?: string | null;
}
interface Shortfall {
  readonly sourceId?: number;
  readonly card?: string;
  readonly day?: string;
  readonly countedBytes?: number;
  readonly receivedBytes?: number;
  readonly foundAt?: string;
  readonly endedAt?: string | null;
}
interface PollOptions {
  readonly provider: string;
  readonly from?: string;
  readonly every?: string;
  readonly grace?: string;
  readonly days?: string;
  readonly least?: string;
}

/** Sources that are held against what their provider counts by day, and what lacks there (CR-24). */
export function addShortfalls(sources: Command, desk: Desk): void {
  const { say } = desk;
  sources
    .command('poll')
    .description(say('polls.poll'))
    .argument('<source>', say('hooks.source'))
    .requiredOption('--provider <number>', say('polls.provider'))
    .option('--from <day>', say('polls.from'))
    .option('--every <seconds>', say('polls.every'))
    .option('--grace <seconds>', say('polls.grace'))
    .option('--days <n>', say('polls.days'))
    .option('--least <octets>', say('polls.least'))
    .action(async (name: string, options: PollOptions) => {
      const { from, provider, every, grace, days, least } = options;
      const numbers = Object.entries({ provider, every, grace, days, leastBytes: least }).flatMap(
        ([field, text]) => (text === undefined ? [] : [[field, wholeNumber(desk, field, text)]]),
      );
      const asked = { ...Object.fromEntries(numbers), ...(from === undefined ? {} : { from }) };
      const server = await desk.server();
      const { id } = await sourceNamed(desk, server, name);
      const poll = await server.put<Poll>(`/api/v1/sources/${id}/poll`, asked);
      const told = { name: plain(name), provider: plain(provider), from: plain(poll.from ?? '') };
      desk.answer(poll, () => desk.line(say('polls.set', told)));
    });
  sources
    .command('poll-now')
    .description(say('polls.now'))
    .argument('<source>', say('hooks.source'))
    .action(async (name: string) => {
      const server = await desk.server();
      const { id } = await sourceNamed(desk, server, name);
      const done = await server.post<object>(`/api/v1/sources/${id}/poll/now`);
      desk.answer(done, () => desk.line(say('polls.soon', { name: plain(name) })));
    });
  sources
    .command('poll-end')
    .description(say('polls.end'))
    .argument('<source>', say('hooks.source'))
    .action(async (name: string) => {
      const server = await desk.server();
      const { id } = await sourceNamed(desk, server, name);
      const done = await server.delete<object>(`/api/v1/sources/${id}/poll`);
      desk.answer(done, () => desk.line(say('polls.ended', { name: plain(name) })));
    });
  addLists(sources, desk);
}

function addLists(sources: Command, desk: Desk): void {
  const { say } = desk;
  asList(sources.command('polls').description(say('polls.list')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Poll>(desk, await desk.server(), '/api/v1/source-polls', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('column.provider'), cell: row => String(row.providerId ?? '') },
            { heading: say('polls.up-to'), cell: row => plain(row.upTo ?? '') },
            { heading: say('column.cards'), cell: row => String(row.cards ?? '') },
            { heading: say('polls.uncounted'), cell: row => String(row.uncounted ?? '') },
            { heading: say('polls.open'), cell: row => String(row.openShortfalls ?? '') },
            { heading: say('drift.next'), cell: row => desk.time(row.nextAt) },
            { heading: say('polls.fault'), cell: row => plain(row.fault ?? '') },
          ],
          page,
          say('polls.none'),
        ),
      );
    },
  );
  asList(sources.command('shortfalls').description(say('shortfalls.list')), say)
    .option('--source <source>', say('shortfalls.source'))
    .option('--all', say('shortfalls.all'))
    .action(async (options: ListOptions & { source?: string; all?: boolean }) => {
      const server = await desk.server();
      const { source, all } = options;
      const filter = {
        ...(source === undefined ? {} : { source: String((await sourceNamed(desk, server, source)).id) }),
        ...(all === true ? { all: 'true' } : {}),
      };
      const page = await listOf<Shortfall>(desk, server, '/api/v1/feed-shortfalls', options, filter);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('shortfalls.day'), cell: row => plain(row.day ?? '') },
            { heading: say('column.card'), cell: row => plain(row.card ?? '') },
            { heading: say('shortfalls.counted'), cell: row => String(row.countedBytes ?? '') },
            { heading: say('shortfalls.received'), cell: row => String(row.receivedBytes ?? '') },
            { heading: say('providers.since'), cell: row => desk.time(row.foundAt) },
            { heading: say('shortfalls.ended'), cell: row => desk.time(row.endedAt) },
          ],
          page,
          say('shortfalls.none'),
        ),
      );
    });
}

function wholeNumber(desk: Desk, option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UsageFault(desk.say('polls.no-number', { option }));
  return Number(text);
}
