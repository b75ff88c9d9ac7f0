import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import { fieldOf, textOf } from './field-text.ts';
import { numberOf } from './personal-sheets.ts';

type Item = Readonly<Record<string, unknown>>;
type Given = Readonly<Record<string, string | undefined>>;

/** Cards, who they come from and go to, batches, blocks, pools, and risk: the way to the gate (C-01 to C-04). */
export function addSource(program: Command, desk: Desk): void {
  addCards(program, desk);
  addPartners(program, desk);
  addBatches(program, desk);
  addBlocks(program, desk);
  addPools(program, desk);
  addRisk(program, desk);
}

const LIFE = ['card', 'state', 'industryClass', 'scenario', 'holder', 'seller', 'changedAt'];

interface MoveOptions {
  readonly card: readonly string[];
  readonly batch?: string;
  readonly holder?: string;
  readonly seller?: string;
  readonly class?: string;
  readonly scenario?: string;
  readonly deviceType?: string;
  readonly channel?: string;
  readonly nonDirectedMb?: string;
  readonly testDays?: string;
}

function addCards(program: Command, desk: Desk): void {
  const { say } = desk;
  const cards = program.command('cards').description(say('cards'));
  asList(cards.command('list').description(say('sale.list')), say)
    .option('--state <state>', say('cards.state'))
    .option('--batch <number>', say('cards.of-batch'))
    .option('--holder <reference>', say('cards.holder'))
    .option('--seller <reference>', say('cards.seller'))
    .action(async ({ state, batch, holder, seller, ...options }: ListOptions & Given) => {
      const query = { state, batch, holder, seller };
      show(desk, LIFE, await listOf<Item>(desk, await desk.server(), '/api/v1/cards', options, query));
    });
  cards
    .command('show')
    .description(say('cards.show'))
    .argument('<iccid>', say('cards.iccid'))
    .action(async (iccid: string) => {
      const card = await (await desk.server()).get<CardSeen>(`/api/v1/cards/${segment(iccid)}`);
      desk.answer(card, () => {
        desk.pairs(Object.entries(card.life ?? { card: card.card }).map(pair => fieldOf(desk, pair)));
        desk.rows(columnsOf(desk, MOVE), { items: card.moves }, say('sale.none'));
      });
    });
  cards
    .command('move')
    .description(say('cards.move'))
    .argument('<act>', say('cards.act'))
    .option('--card <iccid>', say('cards.card'), (card: string, before: string[]) => [...before, card], [])
    .option('--batch <number>', say('cards.of-batch'))
    .option('--holder <reference>', say('cards.holder'))
    .option('--seller <reference>', say('cards.seller'))
    .option('--class <class>', say('cards.class'))
    .option('--scenario <scenario>', say('cards.scenario'))
    .option('--device-type <type>', say('cards.device-type'))
    .option('--channel <channel>', say('cards.channel'))
    .option('--non-directed-mb <n>', say('cards.non-directed'))
    .option('--test-days <n>', say('cards.test-days'))
    .action(async (act: string, options: MoveOptions) => {
      const done = await (await desk.server()).post<Item>('/api/v1/card-moves', asked(desk, act, options));
      desk.answer(done, () =>
        desk.line(say('cards.moved', wordsOf(done, ['moved', 'unchanged', 'refused']))),
      );
    });
  cards
    .command('moves')
    .description(say('cards.moves'))
    .option('--limit <n>', say('option.limit'), '50')
    .option('--outcome <outcome>', say('cards.outcome'))
    .action(async ({ limit, outcome }: Given) => {
      const query = new URLSearchParams({
        limit: limit ?? '50',
        ...(outcome === undefined ? {} : { outcome }),
      });
      show(desk, MOVE, await (await desk.server()).get<Page<Item>>(`/api/v1/card-moves?${query}`));
    });
}

const MOVE = ['at', 'act', 'from', 'to', 'outcome', 'code', 'actor'];

interface CardSeen {
  readonly card: string;
  readonly life: Item | null;
  readonly moves: readonly Item[];
}

function asked(desk: Desk, act: string, options: MoveOptions): Item {
  const { card, batch, class: industryClass, nonDirectedMb, testDays, ...rest } = options;
  // An allowance of nothing is an allowance.
  const number = (text: string | undefined) =>
    text === undefined ? undefined : text === '0' ? 0 : numberOf(desk, text);
  return {
    ...{ act, industryClass, nonDirectedMb: number(nonDirectedMb), testDays: number(testDays), ...rest },
    ...(card.length === 0 ? {} : { cards: card }),
    ...(batch === undefined ? {} : { batch: numberOf(desk, batch) }),
  };
}

const PARTNERS: readonly string[] = ['supplier', 'holder', 'seller'];

function addPartners(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('partners')
    .description(say('partners'))
    .command('add')
    .description(say('partners.add'))
    .argument('<kind>', say('partners.kind'))
    .argument('<reference>', say('partners.reference'))
    .action(async (kind: string, reference: string) => {
      if (!PARTNERS.includes(kind)) throw new UsageFault(say('partners.no-kind', { kind: plain(kind) }));
      const made = await (await desk.server()).post<Item>(`/api/v1/card-${kind}s`, { reference });
      const words = { kind, reference: plain(reference), id: String(made['id']) };
      desk.answer(made, () => desk.line(say('partners.added', words)));
    });
}

function addBatches(program: Command, desk: Desk): void {
  const { say } = desk;
  const path = '/api/v1/card-batches';
  const batches = program.command('card-batches').description(say('card-batches'));
  addList(batches, desk, path, ['id', 'reference', 'supplier', 'form', 'ordered', 'takenIn']);
  batches
    .command('order')
    .description(say('card-batches.order'))
    .argument('<reference>', say('partners.reference'))
    .requiredOption('--supplier <reference>', say('card-batches.supplier'))
    .requiredOption('--form <form>', say('card-batches.form'))
    .requiredOption('--ordered <n>', say('card-batches.ordered'))
    .action(async (reference: string, options: { supplier: string; form: string; ordered: string }) => {
      const { supplier, form } = options;
      const body = { reference, supplier, form, ordered: numberOf(desk, options.ordered) };
      const made = await (await desk.server()).post<Item>(path, body);
      desk.answer(made, () => desk.line(say('card-batches.ordered-as', { id: String(made['id']) })));
    });
  batches
    .command('take')
    .description(say('card-batches.take'))
    .argument('<batch>', say('sale.id'))
    .argument('<file>', say('card-batches.cards-file'))
    .action(async (batch: string, file: string) => {
      const lines = await linesIn(desk, file);
      const cards = lines.map(({ text }) => ({ iccid: text }));
      const taken = await (await desk.server()).post<Taken>(`${path}/${segment(batch)}/cards`, { cards });
      desk.answer(taken, () => {
        const { takenIn, unchanged, refused } = taken;
        const counts = {
          takenIn: String(takenIn),
          unchanged: String(unchanged),
          refused: String(refused.length),
        };
        desk.line(say('card-batches.taken', counts));
        if (refused.length === 0) return;
        // The server names the place in what it was sent; whoever wrote the file looks for its line.
        const items = refused.map(({ place, code }) => ({ ...lines[Number(place)], code }));
        desk.rows(columnsOf(desk, ['line', 'text', 'code']), { items }, '');
      });
    });
}

interface Taken {
  readonly takenIn: number;
  readonly unchanged: number;
  readonly refused: readonly Item[];
}

function addBlocks(program: Command, desk: Desk): void {
  const { say } = desk;
  const path = '/api/v1/number-blocks';
  const blocks = program.command('number-blocks').description(say('number-blocks'));
  addList(blocks, desk, path, ['id', 'supplier', 'kind', 'first', 'last']);
  blocks
    .command('add')
    .description(say('number-blocks.add'))
    .argument('<kind>', say('number-blocks.kind'))
    .argument('<first>', say('number-blocks.end'))
    .argument('<last>', say('number-blocks.end'))
    .requiredOption('--supplier <reference>', say('card-batches.supplier'))
    .action(async (kind: string, first: string, last: string, { supplier }: { supplier: string }) => {
      tell(desk, await (await desk.server()).post<Item>(path, { supplier, kind, first, last }));
    });
}

function addPools(program: Command, desk: Desk): void {
  const { say } = desk;
  const path = '/api/v1/esim-pools';
  const pools = program.command('esim-pools').description(say('esim-pools'));
  addList(pools, desk, path, ['id', 'reference', 'registeredAt']);
  pools
    .command('add')
    .description(say('esim-pools.add'))
    .argument('<reference>', say('partners.reference'))
    .action(async (reference: string) =>
      tell(desk, await (await desk.server()).post<Item>(path, { reference })),
    );
  pools
    .command('chips')
    .description(say('esim-pools.chips'))
    .argument('<pool>', say('sale.id'))
    .argument('<file>', say('esim-pools.eids-file'))
    .action(async (pool: string, file: string) => {
      const eids = (await linesIn(desk, file)).map(({ text }) => text);
      tell(desk, await (await desk.server()).post<Item>(`${path}/${segment(pool)}/chips`, { eids }));
    });
}

interface Verdict extends Item {
  readonly passed: boolean;
}

function addRisk(program: Command, desk: Desk): void {
  const { say } = desk;
  const risk = program.command('risk').description(say('risk'));
  risk
    .command('show')
    .description(say('risk.show'))
    .argument('<of>', say('risk.of'))
    .argument('<reference>', say('partners.reference'))
    .action(async (of: string, reference: string) => {
      const path = `/api/v1/risk/${segment(of)}/${segment(reference)}`;
      const seen = await (await desk.server()).get<Readonly<Record<string, readonly Item[]>>>(path);
      desk.answer(seen, () => {
        for (const part of ['identity', 'assessments', 'scores']) {
          const items = seen[part] ?? [];
          if (items.length > 0) desk.rows(columnsOf(desk, Object.keys(items[0] ?? {})), { items }, '');
        }
      });
    });
  risk
    .command('assess')
    .description(say('risk.assess'))
    .argument('<of>', say('risk.of'))
    .argument('<reference>', say('partners.reference'))
    .option('--input <input>', say('risk.input'), (text: string, before: string[]) => [...before, text], [])
    .option('--until <time>', say('risk.until'))
    .action(async (of: string, reference: string, options: { input: readonly string[]; until?: string }) => {
      const inputs = Object.fromEntries(options.input.map(text => inputOf(desk, text)));
      const until = options.until === undefined ? {} : { validTo: options.until };
      const body = { of, reference, inputs, ...until };
      const verdict = await (await desk.server()).post<Verdict>('/api/v1/risk-assessments', body);
      const words = {
        ...wordsOf(verdict, ['native', 'dynamic']),
        until: desk.time(String(verdict['validTo'])),
      };
      desk.answer(verdict, () => desk.line(say(verdict.passed ? 'risk.passed' : 'risk.failed', words)));
    });
}

function inputOf(desk: Desk, text: string): [string, number | boolean] {
  const [, name, value] = /^([a-z][A-Za-z]*)=(true|false|\d{1,10})$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageFault(desk.say('risk.input-malformed', { text: plain(text) }));
  return [name, value === 'true' || (value !== 'false' && Number(value))];
}

function addList(command: Command, desk: Desk, path: string, columns: readonly string[]): void {
  asList(command.command('list').description(desk.say('sale.list')), desk.say).action(
    async (options: ListOptions) =>
      show(desk, columns, await listOf<Item>(desk, await desk.server(), path, options)),
  );
}

interface Line {
  /** Its number in the file, from 1. */
  readonly line: number;
  readonly text: string;
}

/** The lines of a file that hold something. */
async function linesIn(desk: Desk, path: string): Promise<Line[]> {
  const lines = (await readFile(path, 'utf8')).replace(/^\ufeff/, '').split(/\r?\n/);
  const given = lines
    .map((text, i) => ({ line: i + 1, text: text.trim() }))
    .filter(({ text }) => text !== '');
  if (given.length === 0) throw new UsageFault(desk.say('card-batches.no-cards', { path }));
  return given;
}

function columnsOf(desk: Desk, names: readonly string[]) {
  const cell = (name: string) => (item: Item) => textOf(desk, name, item[name]);
  return names.map(name => ({ heading: desk.value('heading', name), cell: cell(name) }));
}

function show(desk: Desk, columns: readonly string[], page: Page<Item>): void {
  desk.answer(page, () => desk.rows(columnsOf(desk, columns), page, desk.say('sale.none')));
}

function tell(desk: Desk, item: Item): void {
  desk.answer(item, () => desk.pairs(Object.entries(item).map(pair => fieldOf(desk, pair))));
}

function wordsOf(item: Item, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, String(item[name] ?? '')]));
}
