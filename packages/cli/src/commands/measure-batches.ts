import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { BatchMember, BatchPreview, ClosedCases, MeasureBatch } from '../batch-answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { saveDownload } from '../download.ts';
import { UsageFault } from '../shell.ts';
import { type Column, plain } from '../table.ts';

interface SourceOptions {
  readonly column?: string;
  readonly encoding?: string;
  readonly case?: string;
  readonly finding?: string;
  readonly batch?: string;
  readonly terms?: string;
  readonly provider?: string;
  readonly lift?: boolean;
}
interface OrderOptions extends SourceOptions {
  readonly why: string;
  readonly key?: string;
}
interface CardsOptions extends ListOptions {
  readonly result?: string;
  readonly csv?: string;
}

const SHOWN = 50;
const PATH = '/api/v1/measure-batches';

/** `measures batch …`: one order for many cards, with a result for each (C-43). */
export function addMeasureBatches(measures: Command, desk: Desk): void {
  const batch = measures.command('batch').description(desk.say('batch'));
  addOrdering(batch, desk);
  addLooking(batch, desk);
  addDeeds(batch, desk);
}

function addOrdering(batch: Command, desk: Desk): void {
  const { say } = desk;
  withSource(batch.command('preview').description(say('batch.preview')), desk)
    .option('--lift', say('batch.preview.lift'))
    .action(async (kind: string, file: string | undefined, options: SourceOptions) => {
      const body = await wishOf(desk, kind, file, options, options.lift === true);
      const preview = await (await desk.server()).post<BatchPreview>(`${PATH}/preview`, body);
      desk.answer(preview, () => showPreview(desk, preview));
    });
  for (const deed of ['order', 'lift'] as const)
    withSource(batch.command(deed).description(say(`batch.${deed}`)), desk)
      .requiredOption('--why <why>', say('measures.why'))
      .option('--key <key>', say('batch.key'))
      .action(async (kind: string, file: string | undefined, options: OrderOptions) => {
        const { why, key } = options;
        const wish = await wishOf(desk, kind, file, options, deed === 'lift');
        const body = { ...wish, why, ...(key === undefined ? {} : { key }) };
        tellBatch(desk, await (await desk.server()).post<MeasureBatch>(PATH, body));
      });
}

function withSource(command: Command, { say }: Desk): Command {
  return command
    .argument('<kind>', say('measures.kind'))
    .argument('[file]', say('batch.file'))
    .option('--column <column>', say('batch.column'))
    .option('--encoding <encoding>', say('batch.encoding'))
    .option('--case <case>', say('batch.case'))
    .option('--finding <finding>', say('batch.finding'))
    .option('--batch <batch>', say('batch.of-batch'))
    .option('--terms <json>', say('measures.terms'))
    .option('--provider <number>', say('measures.provider'));
}

function addLooking(batch: Command, desk: Desk): void {
  const { say } = desk;
  asList(batch.command('list').description(say('batch.list')), say).action(async (options: ListOptions) => {
    const page = await listOf<MeasureBatch>(desk, await desk.server(), PATH, options);
    desk.answer(page, () => desk.rows(batchColumns(desk), page, say('batch.none')));
  });
  batch
    .command('show')
    .description(say('batch.show'))
    .argument('<batch>', say('batch.id'))
    .action(async (id: string) => {
      const shown = await (await desk.server()).get<MeasureBatch>(`${PATH}/${segment(id)}`);
      desk.answer(shown, () => showBatch(desk, shown));
    });
  asList(batch.command('cards').description(say('batch.cards')), say)
    .argument('<batch>', say('batch.id'))
    .option('--result <result>', say('batch.result'))
    .option('--csv <file>', say('batch.csv'))
    .action(async (id: string, options: CardsOptions) => {
      const path = `${PATH}/${segment(id)}/cards`;
      if (options.csv !== undefined) return await saveCards(desk, path, options, options.csv);
      const query = { result: options.result };
      const page = await listOf<BatchMember>(desk, await desk.server(), path, options, query);
      desk.answer(page, () => desk.rows(memberColumns(desk), page, say('batch.no-cards')));
    });
}

function addDeeds(batch: Command, desk: Desk): void {
  const { say } = desk;
  batch
    .command('cancel')
    .description(say('batch.cancel'))
    .argument('<batch>', say('batch.id'))
    .option('--reason <reason>', say('measures.reason'))
    .action(async (id: string, options: { reason?: string }) => {
      const shown = await (await desk.server()).post<MeasureBatch>(`${PATH}/${segment(id)}/cancel`, options);
      desk.answer(shown, () => showBatch(desk, shown));
    });
  batch
    .command('close')
    .description(say('batch.close'))
    .argument('<batch>', say('batch.id'))
    .requiredOption('--reason <reason>', say('batch.close.reason'))
    .action(async (id: string, { reason }: { reason: string }) => {
      const done = await closeCases(desk, `${PATH}/${segment(id)}/close-cases`, reason);
      desk.answer(done, () => showClosed(desk, done));
    });
  batch
    .command('retry')
    .description(say('batch.retry'))
    .argument('<batch>', say('batch.id'))
    .option('--key <key>', say('batch.key'))
    .action(async (id: string, options: { key?: string }) => {
      tellBatch(
        desk,
        await (await desk.server()).post<MeasureBatch>(`${PATH}/${segment(id)}/retry`, options),
      );
    });
}

/** Page by page; broken off, what was closed stays closed, and called again it goes on with the rest. */
async function closeCases(desk: Desk, path: string, reason: string): Promise<Whole<ClosedCases>> {
  const server = await desk.server();
  const closed: number[] = [];
  const left: { caseId?: number; why?: string }[] = [];
  let after: string | null | undefined;
  do {
    const page: ClosedCases = await server.post<ClosedCases>(path, { reason, ...(after ? { after } : {}) });
    closed.push(...(page.closed ?? []));
    left.push(...(page.left ?? []));
    after = page.next;
  } while (after);
  return { closed, left };
}

type Whole<T> = Required<Omit<T, 'next'>>;

function showClosed(desk: Desk, { closed, left }: Whole<ClosedCases>): void {
  const { say } = desk;
  desk.line(say('batch.closed', { count: closed.length }));
  desk.rows(
    [
      { heading: say('column.case'), cell: row => String(row.caseId ?? '') },
      { heading: say('column.reason'), cell: row => desk.value('batch-left', row.why) },
    ],
    { items: left },
    say('batch.none-left'),
  );
}

async function wishOf(
  desk: Desk,
  kind: string,
  file: string | undefined,
  options: SourceOptions,
  isLift: boolean,
): Promise<Record<string, unknown>> {
  const { terms, provider } = options;
  return {
    kind,
    ...(isLift ? { deed: 'lift' } : {}),
    ...(terms === undefined ? {} : { terms: objectOf(desk, terms) }),
    ...(provider === undefined ? {} : { providerId: numberOf(desk, provider) }),
    of: await sourceOf(desk, file, options),
  };
}

/** A file, a case, a finding or another batch: one of them. */
async function sourceOf(desk: Desk, file: string | undefined, options: SourceOptions): Promise<object> {
  const { case: caseId, finding, batch } = options;
  const given = [file, caseId, finding, batch].filter(each => each !== undefined);
  if (given.length !== 1) throw new UsageFault(desk.say('batch.one-source'));
  if (caseId !== undefined) return { case: numberOf(desk, caseId) };
  if (finding !== undefined) return { finding };
  if (batch !== undefined) return { batch: numberOf(desk, batch) };
  return await listIn(desk, file as string, options);
}

/** The names in a file. The server reads it, as it reads every other table: text, CSV or workbook. */
async function listIn(desk: Desk, file: string, { column, encoding }: SourceOptions): Promise<object> {
  await stat(file);
  const query = new URLSearchParams({
    ...(column === undefined ? {} : { column }),
    ...(encoding === undefined ? {} : { encoding }),
  });
  const server = await desk.server();
  return await server.stream<object>(`${PATH}/lists?${query}`, createReadStream(file), 'text/csv');
}

function numberOf(desk: Desk, text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new UsageFault(desk.say('batch.bad-number', { text: plain(text) }));
  return Number(text);
}

function objectOf(desk: Desk, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, like any other text that is no object.
  }
  throw new UsageFault(desk.say('measures.bad-terms'));
}

/** The whole list as a table. */
async function saveCards(desk: Desk, path: string, { result }: CardsOptions, file: string): Promise<void> {
  const query = new URLSearchParams({ format: 'csv', ...(result === undefined ? {} : { result }) });
  await saveDownload(desk, await desk.server(), `${path}?${query}`, file, { file });
}

function tellBatch(desk: Desk, batch: MeasureBatch): void {
  const { id = '', members = 0, repeated = 0 } = batch;
  desk.answer(batch, () => {
    desk.line(desk.say('batch.ordered', { id, members }));
    if (repeated > 0) desk.line(desk.say('batch.repeated', { repeated }));
  });
}

function showPreview(desk: Desk, preview: BatchPreview): void {
  const { say } = desk;
  const { items = [], counts = {}, repeated = 0 } = preview;
  desk.pairs([
    [say('column.kind'), preview.kind],
    [say('batch.members'), preview.members],
    [say('batch.digest'), preview.digest],
    ...countPairs(desk, 'batch-outcome', counts),
  ]);
  if (repeated > 0) desk.line(say('batch.repeated', { repeated }));
  const others = items.filter(item => item.outcome !== 'ordered');
  if (others.length === 0) return;
  desk.line('');
  desk.rows(
    [
      { heading: say('column.place'), cell: item => String(item.place ?? '') },
      { heading: say('batch.given'), cell: item => item.given ?? '' },
      { heading: say('column.card'), cell: item => item.subject?.reference ?? '' },
      { heading: say('batch.would'), cell: item => desk.value('batch-outcome', item.outcome) },
      { heading: say('column.reason'), cell: item => desk.value('batch-reason', item.reason) },
      { heading: say('column.measure'), cell: item => String(item.measureId ?? '') },
    ],
    { items: others.slice(0, SHOWN) },
    say('batch.no-cards'),
  );
  if (others.length > SHOWN) desk.line(say('batch.preview.more', { count: others.length - SHOWN }));
}

function showBatch(desk: Desk, batch: MeasureBatch): void {
  const { say } = desk;
  const ended = batch.endedAt === null || batch.endedAt === undefined ? '' : desk.time(batch.endedAt);
  desk.pairs([
    [say('column.batch'), batch.id],
    [say('batch.deed'), desk.value('batch-deed', batch.deed)],
    [say('column.kind'), `${desk.name(batch.title)} ${batch.kind ?? ''}`.trim()],
    [say('column.state'), desk.value('batch-state', batch.state)],
    [say('column.why'), batch.why],
    [say('batch.origin'), batch.origin],
    [say('batch.members'), batch.members],
    [say('batch.digest'), batch.digest],
    [say('column.actor'), `${batch.orderedBy ?? ''} ${desk.time(batch.orderedAt)}`.trim()],
    ...(batch.cancelledBy
      ? ([
          [say('batch.cancelled'), `${batch.cancelledBy} ${desk.time(batch.cancelledAt)}`],
          [say('column.reason'), batch.cancelReason],
        ] as const)
      : []),
    [say('batch.ended'), ended],
    ...countPairs(desk, 'batch-result', batch.counts ?? {}),
  ]);
}

function countPairs(desk: Desk, list: string, counts: Readonly<Record<string, number>>) {
  return Object.entries(counts).map(([name, count]) => [`  ${desk.value(list, name)}`, count] as const);
}

function batchColumns(desk: Desk): readonly Column<MeasureBatch>[] {
  const { say } = desk;
  return [
    { heading: say('column.batch'), cell: row => String(row.id ?? '') },
    { heading: say('batch.deed'), cell: row => desk.value('batch-deed', row.deed) },
    { heading: say('column.kind'), cell: row => row.kind ?? '' },
    { heading: say('batch.members'), cell: row => String(row.members ?? '') },
    { heading: say('column.state'), cell: row => desk.value('batch-state', row.state) },
    { heading: say('column.at'), cell: row => desk.time(row.orderedAt) },
    { heading: say('column.why'), cell: row => row.why ?? '' },
  ];
}

function memberColumns(desk: Desk): readonly Column<BatchMember>[] {
  const { say } = desk;
  return [
    { heading: say('column.place'), cell: row => String(row.place ?? '') },
    { heading: say('batch.given'), cell: row => row.given ?? '' },
    { heading: say('column.card'), cell: row => row.subject?.reference ?? '' },
    { heading: say('batch.came-to'), cell: row => desk.value('batch-result', row.result) },
    { heading: say('column.reason'), cell: row => desk.value('batch-reason', row.reason) },
    { heading: say('column.measure'), cell: row => String(row.measureId ?? '') },
    { heading: say('column.case'), cell: row => String(row.caseId ?? '') },
    { heading: say('column.proposal'), cell: row => String(row.proposalId ?? '') },
  ];
}
