import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf } from '../desk.ts';
import { plain } from '../table.ts';
import { addAudits } from './audits.ts';
import { addClaims } from './claims.ts';
import { addFleets } from './fleets.ts';

/** GET /subjects */
interface Device {
  readonly id?: number;
  readonly reference?: string;
  readonly class?: string | null;
}

/** `devices`: registered devices; tables of them go in by `import devices`. */
export function addDevices(program: Command, desk: Desk): void {
  const { say } = desk;
  const devices = program.command('devices').description(say('devices'));
  asList(devices.command('list').description(say('devices.list')), say)
    .option('--product <name>', say('devices.product'))
    .action(async (options: ListOptions & { product?: string }) => {
      const query = { kind: 'device', class: options.product };
      const page = await listOf<Device>(desk, await desk.server(), '/api/v1/subjects', options, query);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('devices.device'), cell: row => plain(row.reference ?? '') },
            { heading: say('devices.product-column'), cell: row => plain(row.class ?? '') },
          ],
          page,
          say('devices.none'),
        ),
      );
    });
  devices
    .command('add')
    .description(say('devices.add'))
    .argument('<product>', say('devices.product'))
    .argument('<serial>', say('devices.serial'))
    .option('--title <text>', say('devices.title'))
    .action(async (product: string, serial: string, { title }: { title?: string }) => {
      const body = { product, serial, ...(title === undefined ? {} : { title }) };
      const made = await (await desk.server()).post<Device>('/api/v1/devices', body);
      desk.answer(made, () =>
        desk.line(say('devices.added', { device: plain(made.reference ?? ''), id: made.id ?? '' })),
      );
    });
  addFleets(devices, desk);
  addClaims(devices, desk);
  addAudits(devices, desk);
}
