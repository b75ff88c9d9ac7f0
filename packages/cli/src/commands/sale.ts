import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import { asList, type Desk, jsonObject, type ListOptions, listOf, segment } from '../desk.ts';
import type { WordKey } from '../words.ts';
import { fieldOf, textOf } from './field-text.ts';

type Item = Readonly<Record<string, unknown>>;

/** A kind of thing that the server keeps: where it lies, what a list shows of it, what can be done to one. */
interface Shelf {
  readonly name: WordKey & string;
  readonly path: string;
  readonly columns: readonly string[];
  /** Whether a single one can be shown, and whether one can be added. */
  readonly isShown?: boolean;
  readonly isAdded?: boolean;
  /** Further lists, by the word that asks for them; `:id` stands for a number. */
  readonly lists?: Readonly<Record<string, string>>;
  /** What can be done to one, by the word for it and the address it goes to. */
  readonly deeds?: Readonly<Record<string, string>>;
  /** Options of the list that become its query. */
  readonly asks?: readonly string[];
}

export const SHELVES: readonly Shelf[] = [
  {
    name: 'contracts',
    path: '/api/v1/contracts',
    columns: ['id', 'reference', 'state', 'version', 'signedBy'],
    isShown: true,
    isAdded: true,
    deeds: Object.fromEntries(
      ['sign', 'amend', 'end', 'first-bill'].map(deed => [deed, `/api/v1/contracts/:id/${deed}`]),
    ),
    asks: ['state'],
  },
  {
    name: 'openings',
    path: '/api/v1/openings',
    columns: ['id', 'contractId', 'card', 'what', 'state', 'from', 'until', 'askedBy', 'decidedBy'],
    isAdded: true,
    deeds: Object.fromEntries(
      ['approve', 'refuse', 'revoke'].map(deed => [deed, `/api/v1/openings/:id/${deed}`]),
    ),
    asks: ['state', 'contract'],
  },
  {
    name: 'bindings',
    path: '/api/v1/bindings',
    columns: ['imei', 'from', 'to'],
    isAdded: true,
    asks: ['iccid'],
  },
  {
    name: 'resellers',
    path: '/api/v1/resellers',
    columns: ['id', 'reference', 'title', 'homeOperator'],
    isShown: true,
    isAdded: true,
    lists: { returns: '/api/v1/resellers/:id/returns', differences: '/api/v1/sale-differences' },
    deeds: { return: '/api/v1/resellers/:id/returns', reconcile: '/api/v1/resellers/:id/reconcile' },
  },
  {
    name: 'responsible',
    path: '/api/v1/responsible',
    columns: ['id', 'level', 'reference', 'title', 'above'],
    isAdded: true,
  },
  {
    name: 'duties',
    path: '/api/v1/duties',
    columns: ['id', 'responsibleId', 'kind', 'ownerId', 'dueAt', 'doneAt'],
    isAdded: true,
    lists: { gaps: '/api/v1/duty-gaps' },
    deeds: { prove: '/api/v1/duties/:id/proof' },
  },
  {
    name: 'inspections',
    path: '/api/v1/inspections',
    columns: ['id', 'title', 'year', 'seed', 'size', 'dueAt'],
    isAdded: true,
    lists: { samples: '/api/v1/inspections/:id/samples' },
    deeds: { result: '/api/v1/inspection-samples/:id/result' },
  },
  {
    name: 'penalties',
    path: '/api/v1/penalties',
    columns: ['id', 'law', 'clause', 'minCny', 'maxCny', 'from', 'to'],
  },
];

/** Contracts, openings, bindings, resellers, the chain, duties, inspections, penalties: one command each. */
export function addSale(program: Command, desk: Desk): void {
  for (const shelf of SHELVES) addShelf(program, desk, shelf);
}

function addShelf(program: Command, desk: Desk, shelf: Shelf): void {
  const { say } = desk;
  const command = program.command(shelf.name).description(say(shelf.name));
  const lists = asList(command.command('list').description(say('sale.list')), say);
  for (const ask of shelf.asks ?? []) lists.option(`--${ask} <${ask}>`, ask);
  lists.action(async (options: ListOptions & Readonly<Record<string, string | undefined>>) => {
    const query = Object.fromEntries((shelf.asks ?? []).map(ask => [ask, options[ask]]));
    show(desk, shelf.columns, await listOf<Item>(desk, await desk.server(), shelf.path, options, query));
  });
  if (shelf.isShown === true)
    command
      .command('show')
      .description(say('sale.show'))
      .argument('<id>', say('sale.id'))
      .action(async (id: string) => {
        tell(desk, await (await desk.server()).get<Item>(`${shelf.path}/${segment(id)}`));
      });
  if (shelf.isAdded === true) addPost(command, desk, 'add', shelf.path);
  if (shelf.name === 'bindings') {
    addPost(command, desk, 'swap', '/api/v1/swap-windows');
    addPost(command, desk, 'end', '/api/v1/bindings/end');
    addPost(command, desk, 'area', '/api/v1/bindings/area');
  }
  for (const [word, path] of Object.entries(shelf.lists ?? {})) addList(command, desk, word, path);
  for (const [word, path] of Object.entries(shelf.deeds ?? {}))
    command
      .command(word)
      .description(say('sale.do'))
      .argument('<id>', say('sale.id'))
      .argument('[file]', say('sale.file'))
      .action(async (id: string, file: string | undefined) => {
        const body = file === undefined ? {} : await jsonObject(desk, file);
        tell(desk, await (await desk.server()).post<Item>(path.replace(':id', segment(id)), body));
      });
}

function addPost(command: Command, desk: Desk, word: string, path: string): void {
  command
    .command(word)
    .description(desk.say('sale.add'))
    .argument('<file>', desk.say('sale.file'))
    .action(async (file: string) => {
      tell(desk, await (await desk.server()).post<Item>(path, await jsonObject(desk, file)));
    });
}

function addList(command: Command, desk: Desk, word: string, path: string): void {
  const needsId = path.includes(':id');
  const list = asList(command.command(word).description(desk.say('sale.list')), desk.say);
  if (needsId) list.argument('<id>', desk.say('sale.id'));
  list.action(async (...given: readonly unknown[]) => {
    const options = given[needsId ? 1 : 0] as ListOptions;
    const at = needsId ? path.replace(':id', segment(String(given[0]))) : path;
    const page = await listOf<Item>(desk, await desk.server(), at, options);
    show(desk, Object.keys(page.items?.[0] ?? {}), page);
  });
}

function show(desk: Desk, columns: readonly string[], page: Page<Item>): void {
  desk.answer(page, () =>
    desk.rows(
      columns.map(name => ({
        heading: desk.value('heading', name),
        cell: (item: Item) => textOf(desk, name, item[name]),
      })),
      page,
      desk.say('sale.none'),
    ),
  );
}

function tell(desk: Desk, item: Item): void {
  desk.answer(item, () => desk.pairs(Object.entries(item).map(pair => fieldOf(desk, pair))));
}
