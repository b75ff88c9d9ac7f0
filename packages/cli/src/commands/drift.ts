import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { plain } from '../table.ts';

interface Drift {
  readonly id?: number;
  readonly providerId?: number;
  readonly card?: string;
  readonly what?: string;
  readonly wanted?: string;
  readonly reported?: string;
  readonly foundAt?: string;
}
interface Compared {
  readonly id?: number;
  readonly cards?: number;
  readonly unregistered?: number;
  readonly doneAt?: string | null;
  readonly nextAt?: string;
  readonly fault?: string | null;
  /** A card that did not change within so many days is not compared; null where all are. */
  readonly looksBackDays?: number | null;
}
interface Default {
  readonly profile?: string;
  readonly setting?: string;
  readonly isOpen?: boolean;
}

/** What providers report otherwise than it is wanted, when they were compared, and their open defaults (C-07). */
export function addDrift(providers: Command, desk: Desk): void {
  const { say } = desk;
  asList(providers.command('drift').description(say('drift')), say)
    .option('--provider <number>', say('providers.number'))
    .option('--all', say('drift.all'))
    .action(async (options: ListOptions & { provider?: string; all?: boolean }) => {
      const filter = {
        ...(options.provider === undefined ? {} : { provider: options.provider }),
        ...(options.all === true ? { all: 'true' } : {}),
      };
      const page = await listOf<Drift>(desk, await desk.server(), '/api/v1/card-drifts', options, filter);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.card'), cell: row => plain(row.card ?? '') },
            { heading: say('column.provider'), cell: row => String(row.providerId ?? '') },
            { heading: say('column.kind'), cell: row => desk.value('drift-kind', row.what) },
            { heading: say('drift.wanted'), cell: row => plain(row.wanted ?? '') },
            { heading: say('column.word'), cell: row => plain(row.reported ?? '') },
            { heading: say('providers.since'), cell: row => desk.time(row.foundAt) },
          ],
          page,
          say('drift.none'),
        ),
      );
    });
  asList(providers.command('compared').description(say('drift.compared')), say).action(
    async (options: ListOptions) => {
      const server = await desk.server();
      const page = await listOf<Compared>(desk, server, '/api/v1/provider-comparisons', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.provider'), cell: row => String(row.id ?? '') },
            { heading: say('column.cards'), cell: row => String(row.cards ?? '') },
            { heading: say('drift.unregistered'), cell: row => String(row.unregistered ?? '') },
            { heading: say('drift.back'), cell: row => backText(desk, row) },
            { heading: say('drift.done'), cell: row => desk.time(row.doneAt ?? undefined) },
            { heading: say('drift.next'), cell: row => desk.time(row.nextAt) },
            { heading: say('drift.fault'), cell: row => plain(row.fault ?? '') },
          ],
          page,
          say('drift.never'),
        ),
      );
    },
  );
  providers
    .command('compare')
    .description(say('drift.compare'))
    .argument('<number>', say('providers.number'))
    .action(async (id: string) => {
      const done = await (await desk.server()).post<object>(`/api/v1/providers/${segment(id)}/compare`);
      desk.answer(done, () => desk.line(say('drift.soon', { id: plain(id) })));
    });
  const defaults = providers.command('defaults').description(say('drift.defaults'));
  defaults
    .command('list')
    .description(say('drift.defaults.list'))
    .argument('<number>', say('providers.number'))
    .action(async (id: string) => {
      const path = `/api/v1/providers/${segment(id)}/defaults`;
      const page = await (await desk.server()).get<{ items?: readonly Default[] }>(path);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('drift.profile'), cell: row => plain(row.profile ?? '') },
            { heading: say('drift.setting'), cell: row => plain(row.setting ?? '') },
            { heading: say('drift.open'), cell: row => desk.value('yes-no', row.isOpen ? 'yes' : 'no') },
          ],
          page as { items: readonly Default[] },
          say('drift.no-defaults'),
        ),
      );
    });
  defaults
    .command('close')
    .description(say('drift.defaults.close'))
    .argument('<number>', say('providers.number'))
    .action(async (id: string) => {
      const path = `/api/v1/providers/${segment(id)}/defaults/close`;
      const done = await (await desk.server()).post<{ closed?: readonly Default[] }>(path);
      desk.answer(done, () => desk.line(say('drift.closed', { n: done.closed?.length ?? 0 })));
    });
}

/** How far the comparison reaches. */
function backText({ say }: Desk, { looksBackDays }: Compared): string {
  return looksBackDays == null ? say('drift.back-all') : say('drift.back-days', { days: looksBackDays });
}
