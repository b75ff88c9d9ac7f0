import type { Command } from 'commander';
import type { Page } from '../answers.ts';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

/** GET /gateway/rights */
interface Rights {
  readonly product?: string;
  readonly publish?: readonly string[];
  readonly subscribe?: readonly string[];
}
/** GET /gateway/endings */
interface Ending {
  readonly id?: number;
  readonly certificate?: number;
  readonly device?: string;
  readonly fault?: string;
  readonly node?: string;
  readonly connections?: number;
  readonly endedAt?: string;
}
/** GET /gateway/withheld */
interface Withheld {
  readonly id?: number;
  readonly what?: string;
  readonly topic?: string;
  readonly sender?: string | null;
  readonly payload?: string;
}

/** `gateway`: what devices may do there, and what it did when certificates were ended. */
export function addGateway(program: Command, desk: Desk): void {
  const { say } = desk;
  const gateway = program.command('gateway').description(say('gateway'));
  const rights = gateway.command('rights').description(say('gateway.rights'));
  rights
    .command('list')
    .description(say('gateway.rights-list'))
    .action(async () => {
      const page = await (await desk.server()).get<Page<Rights>>('/api/v1/gateway/rights');
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('devices.product-column'), cell: row => plain(row.product ?? '') },
            { heading: say('gateway.publish-column'), cell: row => patterns(desk, row.publish) },
            { heading: say('gateway.subscribe-column'), cell: row => patterns(desk, row.subscribe) },
          ],
          page,
          say('gateway.rights-none'),
        ),
      );
    });
  for (const verb of ['grant', 'revoke'] as const)
    rights
      .command(verb)
      .description(say(`gateway.rights-${verb}`))
      .argument('<product>', say('gateway.product'))
      .option('--publish <pattern...>', say('gateway.publish'))
      .option('--subscribe <pattern...>', say('gateway.subscribe'))
      .action(async (product: string, asked: { publish?: string[]; subscribe?: string[] }) => {
        const { publish = [], subscribe = [] } = asked;
        if (publish.length + subscribe.length === 0) throw new UsageFault(say('gateway.no-patterns'));
        const path = `/api/v1/gateway/rights/${segment(product)}/${verb}`;
        const set = await (await desk.server()).post<Rights>(path, { publish, subscribe });
        const now = { publish: patterns(desk, set.publish), subscribe: patterns(desk, set.subscribe) };
        desk.answer(set, () => desk.line(say('gateway.rights-now', { product: plain(product), ...now })));
      });
  addRecords(gateway, desk);
}

function addRecords(gateway: Command, desk: Desk): void {
  const { say } = desk;
  asList(gateway.command('endings').description(say('gateway.endings')), say)
    .option('--certificate <number>', say('gateway.certificate'))
    .action(async (options: ListOptions & { certificate?: string }) => {
      const query = { certificate: options.certificate };
      const page = await listOf<Ending>(desk, await desk.server(), '/api/v1/gateway/endings', options, query);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('gateway.certificate-column'), cell: row => String(row.certificate ?? '') },
            { heading: say('devices.device'), cell: row => plain(row.device ?? '') },
            { heading: say('gateway.fault'), cell: row => desk.value('gateway-fault', row.fault) },
            { heading: say('gateway.node'), cell: row => plain(row.node ?? '') },
            { heading: say('gateway.connections'), cell: row => String(row.connections ?? '') },
            { heading: say('column.at'), cell: row => desk.time(row.endedAt) },
          ],
          page,
          say('gateway.endings-none'),
        ),
      );
    });
  asList(gateway.command('withheld').description(say('gateway.withheld')), say)
    .requiredOption('--certificate <number>', say('gateway.certificate'))
    .action(async (options: ListOptions & { certificate: string }) => {
      const query = { certificate: options.certificate };
      const page = await listOf<Withheld>(
        desk,
        await desk.server(),
        '/api/v1/gateway/withheld',
        options,
        query,
      );
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('gateway.what'), cell: row => desk.value('gateway-withheld', row.what) },
            { heading: say('gateway.topic'), cell: row => plain(row.topic ?? '') },
            { heading: say('gateway.sender'), cell: row => plain(row.sender ?? '') },
            { heading: say('gateway.size'), cell: row => String(octets(row.payload)) },
          ],
          page,
          say('gateway.withheld-none'),
        ),
      );
    });
}

function patterns(desk: Desk, all: readonly string[] = []): string {
  return all.length === 0 ? desk.say('gateway.nothing') : all.map(each => plain(each)).join(' ');
}

function octets(base64 = ''): number {
  return Buffer.from(base64, 'base64').length;
}
