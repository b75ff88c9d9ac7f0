import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import type { Desk } from '../desk.ts';
import { queryOf } from '../server.ts';
import { UsageFault } from '../shell.ts';
import { type ModelTable, modelList } from '../tac-table.ts';

interface ImportOptions {
  readonly out: string;
  readonly tacColumn: string;
  readonly kindColumn?: string;
  readonly nameColumn?: string;
  readonly makerColumn?: string;
  readonly kind?: string;
  readonly words?: string;
  readonly header: boolean;
}
interface LearnOptions {
  readonly days: string;
  readonly least: string;
  readonly share: string;
  readonly out?: string;
}
interface SeenTac {
  readonly contract?: string | null;
  readonly class?: string | null;
  readonly tac?: string;
  readonly cards?: number;
}

/** `tac`: lists of device models out of any table (cards.md §11), and the types learned of a contract's cards. */
export function addTac(program: Command, desk: Desk): void {
  const { say } = desk;
  const tac = program.command('tac').description(say('tac'));
  tac
    .command('import')
    .description(say('tac.import'))
    .argument('<file>', say('tac.file'))
    .requiredOption('--out <file>', say('tac.out'))
    .option('--tac-column <column>', say('tac.tac-column'), 'tac')
    .option('--kind-column <column>', say('tac.kind-column'))
    .option('--name-column <column>', say('tac.name-column'))
    .option('--maker-column <column>', say('tac.maker-column'))
    .option('--kind <kind>', say('tac.kind'))
    .option('--words <pairs>', say('tac.words'))
    .option('--no-header', say('tac.no-header'))
    .action((file: string, options: ImportOptions) => importTable(desk, file, options));
  tac
    .command('learn')
    .description(say('tac.learn'))
    .option('--days <n>', say('tac.learn-days'), '30')
    .option('--least <n>', say('tac.learn-least'), '3')
    .option('--share <part>', say('tac.learn-share'), '0.01')
    .option('--out <file>', say('tac.learn-out'))
    .action((options: LearnOptions) => learn(desk, options));
}

async function importTable(desk: Desk, file: string, options: ImportOptions): Promise<void> {
  const { say } = desk;
  if (options.kind === undefined && options.kindColumn === undefined)
    throw new UsageFault(say('tac.no-kind'));
  const table: ModelTable = {
    hasHeader: options.header,
    tac: options.tacColumn,
    kind: options.kindColumn ?? null,
    name: options.nameColumn ?? null,
    maker: options.makerColumn ?? null,
    everyKind: options.kind ?? null,
    words: wordsIn(options.words ?? ''),
  };
  const made = modelList(await readFile(file, 'utf8'), table);
  if ('noColumn' in made) throw new UsageFault(say('tac.no-column', { column: made.noColumn }));
  if ('badKind' in made) throw new UsageFault(say('tac.bad-kind', { kind: made.badKind }));
  await writeFile(options.out, made.text);
  const { rows, taken, skipped } = made;
  desk.answer({ rows, taken, skipped, out: options.out }, () =>
    desk.line(say('tac.written', { rows, taken, skipped, out: options.out })),
  );
}

function wordsIn(pairs: string): Map<string, string> {
  const words = new Map<string, string>();
  for (const pair of pairs.split(',')) {
    const [word = '', kind = ''] = pair.split('=').map(part => part.trim().toLowerCase());
    if (word !== '' && kind !== '') words.set(word, kind);
  }
  return words;
}

async function learn(desk: Desk, options: LearnOptions): Promise<void> {
  const { say } = desk;
  const path = `/api/v1/device-models/seen${queryOf({ days: options.days })}`;
  const page = await (await desk.server()).get<Page<SeenTac>>(path);
  const rows = learned(page.items ?? [], Number(options.least), Number(options.share));
  if (options.out !== undefined) await writeFile(options.out, contractTable(rows));
  desk.answer(rows, () =>
    desk.rows(
      [
        { heading: say('column.contract'), cell: row => row.contract ?? '' },
        { heading: say('column.class'), cell: row => row.class ?? '' },
        { heading: say('column.tac'), cell: row => row.tac ?? '' },
        { heading: say('column.cards'), cell: row => String(row.cards ?? 0) },
        { heading: say('column.learned'), cell: row => (row.isLearned ? say('tac.is-learned') : '') },
      ],
      { items: rows },
      say('tac.learn-none'),
    ),
  );
}

type LearnedTac = SeenTac & { readonly isLearned: boolean };

/** A type is learned of a contract when enough of its cards, and a large enough share of them, are seen in it. */
function learned(seen: readonly SeenTac[], least: number, share: number): LearnedTac[] {
  const totals = new Map<string, number>();
  for (const { contract, cards = 0 } of seen)
    totals.set(contract ?? '', (totals.get(contract ?? '') ?? 0) + cards);
  return seen.map(row => {
    const cards = row.cards ?? 0;
    return { ...row, isLearned: cards >= least && cards >= share * (totals.get(row.contract ?? '') ?? 0) };
  });
}

/** The learned types of each contract as a table that `import contracts` takes. */
function contractTable(rows: readonly LearnedTac[]): string {
  const byContract = Map.groupBy(
    rows.filter(row => row.isLearned && row.contract),
    row => row.contract ?? '',
  );
  const lines = [...byContract].map(([contract, own]) => {
    const name = /[",\r\n]/.test(contract) ? `"${contract.replaceAll('"', '""')}"` : contract;
    return `${name},${[...new Set(own.map(row => row.tac ?? ''))].sort().join(' ')}`;
  });
  return `${['contract,class_tacs', ...lines].join('\n')}\n`;
}
