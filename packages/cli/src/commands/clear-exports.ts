import type { Command } from 'commander';
import type { ClearExport } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import type { Column } from '../table.ts';
import { askedOf, type ExportOptions, withExportOptions } from './export-options.ts';

interface ProposeOptions extends ExportOptions {
  readonly purpose: string;
  readonly ground: string;
  readonly reference: string;
  readonly why: string;
}

interface DecideOptions {
  readonly note?: string;
  readonly beyondDay?: true;
}

const PATH = '/api/v1/clear-exports';

/** `regulator clear …`: exports in which persons stand in the clear, which two persons decide on (C-54). */
export function addClearExports(
  regulator: Command,
  desk: Desk,
  receive: (file: string, path: string) => Promise<void>,
): void {
  const { say } = desk;
  const clear = regulator.command('clear').description(say('regulator.clear'));
  addProposing(clear, desk);
  addList(clear, desk);
  clear
    .command('show')
    .description(say('regulator.clear.show'))
    .argument('<number>', say('regulator.clear.number'))
    .action(async (id: string) => {
      const row = await (await desk.server()).get<ClearExport>(`${PATH}/${segment(id)}`);
      desk.answer(row, () => desk.pairs(columnsOf(desk).map(({ heading, cell }) => [heading, cell(row)])));
    });
  for (const deed of ['confirm', 'refuse', 'withdraw'] as const) {
    const command = clear
      .command(deed)
      .description(say(`regulator.clear.${deed}`))
      .argument('<number>', say('regulator.clear.number'))
      .option('--note <note>', say('regulator.clear.note'));
    if (deed === 'confirm') command.option('--beyond-day', say('regulator.clear.beyond'));
    command.action(async (id: string, options: DecideOptions) => {
      const decided = await (await desk.server()).post<ClearExport>(`${PATH}/${segment(id)}/decision`, {
        deed,
        ...options,
      });
      desk.answer(decided, () => desk.line(say('regulator.clear.decided', toldOf(desk, decided))));
    });
  }
  clear
    .command('take')
    .description(say('regulator.clear.take'))
    .argument('<number>', say('regulator.clear.number'))
    .argument('<file>', say('regulator.file'))
    .action((id: string, file: string) => receive(file, `${PATH}/${segment(id)}/archive`));
}

function addProposing(clear: Command, desk: Desk): void {
  const { say } = desk;
  withExportOptions(clear.command('propose').description(say('regulator.clear.propose')), say)
    .requiredOption('--purpose <purpose>', say('regulator.purpose'))
    .requiredOption('--ground <text>', say('regulator.ground'))
    .requiredOption('--reference <text>', say('regulator.reference'))
    .requiredOption('--why <why>', say('regulator.why'))
    .action(async ({ purpose, ground, reference, why, ...options }: ProposeOptions) => {
      const body = { ...askedOf(options), purpose, ground, reference, why };
      const made = await (await desk.server()).post<ClearExport>(PATH, body);
      desk.answer(made, () => desk.line(say('regulator.clear.proposed', toldOf(desk, made))));
    });
}

function addList(clear: Command, desk: Desk): void {
  const { say } = desk;
  asList(clear.command('list').description(say('regulator.clear.list')), say)
    .option('--waiting', say('measures.proposals.waiting'))
    .action(async (options: ListOptions & { readonly waiting?: boolean }) => {
      const query = { waiting: options.waiting === true ? 'true' : undefined };
      const page = await listOf<ClearExport>(desk, await desk.server(), PATH, options, query);
      desk.answer(page, () => desk.rows(columnsOf(desk), page, say('regulator.clear.none')));
    });
}

function columnsOf(desk: Desk): readonly Column<ClearExport>[] {
  const { say } = desk;
  return [
    { heading: say('column.clear-export'), cell: row => String(row.id ?? '') },
    { heading: say('column.state'), cell: row => stateOf(desk, row) },
    { heading: say('column.from'), cell: row => desk.time(row.from) },
    { heading: say('column.to'), cell: row => desk.time(row.to) },
    { heading: say('column.data-sets'), cell: row => (row.sets ?? []).join(' ') },
    { heading: say('column.persons'), cell: row => String(row.persons ?? '') },
    { heading: say('column.ground'), cell: row => row.ground ?? '' },
    { heading: say('column.reference'), cell: row => row.reference ?? '' },
    { heading: say('column.actor'), cell: row => row.proposedBy ?? '' },
    { heading: say('column.decided-by'), cell: row => row.decidedBy ?? '' },
    { heading: say('column.due'), cell: row => desk.time(row.takeUntil ?? row.expiresAt) },
    { heading: say('column.why'), cell: row => row.why ?? '' },
  ];
}

function stateOf(desk: Desk, row: ClearExport): string {
  if (row.givenAt) return desk.value('clear-export', 'given');
  return desk.value('clear-export', row.decision ?? (row.waiting === false ? 'expired' : 'waiting'));
}

function toldOf(desk: Desk, row: ClearExport) {
  const until = desk.time(row.takeUntil ?? row.expiresAt);
  return { id: row.id ?? '', state: stateOf(desk, row), persons: row.persons ?? '', until };
}
