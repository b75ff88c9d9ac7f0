import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { plain } from '../table.ts';

/** GET /device-claims */
interface Claim {
  readonly id?: number;
  readonly fleet?: number;
  readonly title?: string;
  readonly state?: string;
  readonly devices?: number;
  readonly most?: number;
  readonly until?: string;
  readonly certificate?: string;
}
/** GET /device-approvals */
interface Approval {
  readonly id?: number;
  readonly device?: string | null;
  readonly operation?: string;
  readonly shownBy?: string;
  readonly key?: string;
  readonly state?: string;
  readonly askedAt?: string;
}
interface AskedClaim {
  readonly title: string;
  readonly devices: string;
  readonly anHour?: string;
  readonly days?: string;
  readonly register?: true;
  readonly out?: string;
}

/** `devices claims`, `devices approvals`: certificates that a batch carries, and what a person approves. */
export function addClaims(devices: Command, desk: Desk): void {
  const { say } = desk;
  const claims = devices.command('claims').description(say('devices.claims'));
  asList(claims.command('list').description(say('devices.claims-list')), say)
    .option('--fleet <number>', say('devices.fleets-number'))
    .action(async (options: ListOptions & { fleet?: string }) => {
      const query = { fleet: options.fleet };
      const page = await listOf<Claim>(desk, await desk.server(), '/api/v1/device-claims', options, query);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('devices.claims-title-column'), cell: row => plain(row.title ?? '') },
            { heading: say('column.state'), cell: row => desk.value('certificate-state', row.state) },
            { heading: say('devices.claims-used'), cell: row => `${row.devices ?? 0} / ${row.most ?? 0}` },
            { heading: say('certificates.ends'), cell: row => desk.time(row.until) },
          ],
          page,
          say('devices.claims-none'),
        ),
      );
    });
  claims
    .command('add')
    .description(say('devices.claims-add'))
    .argument('<fleet>', say('devices.fleets-number'))
    .argument('<request>', say('devices.claims-request'))
    .requiredOption('--title <text>', say('devices.claims-title'))
    .requiredOption('--devices <n>', say('devices.claims-devices'))
    .option('--an-hour <n>', say('devices.claims-an-hour'))
    .option('--days <n>', say('devices.claims-days'))
    .option('--register', say('devices.claims-register'))
    .option('--out <file>', say('certificates.out'))
    .action(async (fleet: string, request: string, options: AskedClaim) => {
      const { title, devices: most, anHour, days, register = false, out } = options;
      const body = {
        ...{ fleet: Number(fleet), title, devices: Number(most), registers: register },
        ...(anHour === undefined ? {} : { anHour: Number(anHour) }),
        ...(days === undefined ? {} : { days: Number(days) }),
        request: await readFile(request, 'utf8'),
      };
      const made = await (await desk.server()).post<Claim>('/api/v1/device-claims', body);
      if (out !== undefined) await writeFile(out, made.certificate ?? '');
      desk.answer(made, () => {
        desk.line(say('devices.claims-made', { id: made.id ?? '', until: desk.time(made.until) }));
        if (out === undefined) desk.line(made.certificate ?? '');
      });
    });
  const approvals = devices.command('approvals').description(say('devices.approvals'));
  asList(approvals.command('list').description(say('devices.approvals-list')), say)
    .option('--fleet <number>', say('devices.fleets-number'))
    .option('--state <state>', say('devices.approvals-state'), 'asked')
    .action(async (options: ListOptions & { fleet?: string; state: string }) => {
      const query = { fleet: options.fleet, state: options.state };
      const server = await desk.server();
      const page = await listOf<Approval>(desk, server, '/api/v1/device-approvals', options, query);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('devices.device'), cell: row => plain(row.device ?? '') },
            { heading: say('devices.operation'), cell: row => plain(row.operation ?? '') },
            { heading: say('devices.shown-by'), cell: row => desk.value('shown-by', row.shownBy) },
            { heading: say('devices.key'), cell: row => plain(row.key ?? '').slice(0, 23) },
            { heading: say('column.state'), cell: row => desk.value('approval-state', row.state) },
            { heading: say('column.at'), cell: row => desk.time(row.askedAt) },
          ],
          page,
          say('devices.approvals-none'),
        ),
      );
    });
  for (const name of ['approve', 'decline'] as const)
    approvals
      .command(name)
      .description(say(`devices.approvals-${name}`))
      .argument('<number>', say('devices.approvals-number'))
      .option('--why <text>', say('devices.approvals-why'))
      .action(async (id: string, { why }: { why?: string }) => {
        const path = `/api/v1/device-approvals/${segment(id)}/${name}`;
        const done = await (await desk.server()).post<Approval>(path, why === undefined ? {} : { why });
        const words = { device: plain(done.device ?? ''), state: desk.value('approval-state', done.state) };
        desk.answer(done, () => desk.line(say('devices.approvals-done', words)));
      });
}
