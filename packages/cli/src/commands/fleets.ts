import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { plain } from '../table.ts';

/** GET /device-fleets */
interface Fleet {
  readonly id?: number;
  readonly label?: string;
  readonly product?: string;
  readonly state?: string;
}
/** GET /device-enrolments */
interface Enrolment {
  readonly id?: number;
  readonly device?: string;
  readonly operation?: string;
  readonly outcome?: string;
  readonly times?: number;
  readonly lastAt?: string;
  readonly usedAt?: string | null;
  readonly clock?: { readonly at?: string; readonly state?: string } | null;
  readonly steps?: readonly Step[];
}
interface Step {
  readonly no?: number;
  readonly step?: string;
  readonly outcome?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
interface Expected {
  readonly items?: readonly { readonly device?: string; readonly secret?: string }[];
}

/** `devices fleets`, `devices expect`, `devices enrolments`: who may fetch certificates, and who did. */
export function addFleets(devices: Command, desk: Desk): void {
  const { say } = desk;
  const fleets = devices.command('fleets').description(say('devices.fleets'));
  asList(fleets.command('list').description(say('devices.fleets-list')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Fleet>(desk, await desk.server(), '/api/v1/device-fleets', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('devices.label'), cell: row => plain(row.label ?? '') },
            { heading: say('devices.product-column'), cell: row => plain(row.product ?? '') },
            { heading: say('column.state'), cell: row => desk.value('fleet-state', row.state) },
          ],
          page,
          say('devices.fleets-none'),
        ),
      );
    },
  );
  fleets
    .command('add')
    .description(say('devices.fleets-add'))
    .argument('<name>', say('devices.fleets-name'))
    .argument('<product>', say('devices.product'))
    .requiredOption('--authority <number>', say('authorities.number'))
    .option('--profile <name>', say('certificates.profile'))
    .option('--grace <days>', say('devices.fleets-grace'))
    .option('--make-keys', say('devices.fleets-makes-keys'))
    .option('--approve <what>', say('devices.fleets-approve'))
    .action(
      async (
        name: string,
        product: string,
        options: { authority: string; profile?: string; grace?: string; makeKeys?: true; approve?: string },
      ) => {
        const { authority, profile, grace, makeKeys = false, approve } = options;
        const body = {
          ...{ name, product, authority: Number(authority), makesKeys: makeKeys },
          ...(profile === undefined ? {} : { profile }),
          ...(approve === undefined ? {} : { approval: approve }),
          ...(grace === undefined ? {} : { graceDays: Number(grace) }),
        };
        const made = await (await desk.server()).post<Fleet>('/api/v1/device-fleets', body);
        const words = { label: plain(made.label ?? ''), id: made.id ?? '' };
        desk.answer(made, () => desk.line(say('devices.fleets-opened', words)));
      },
    );
  fleets
    .command('close')
    .description(say('devices.fleets-close'))
    .argument('<fleet>', say('devices.fleets-number'))
    .action(async (id: string) => {
      const done = await (await desk.server()).post<Fleet>(`/api/v1/device-fleets/${segment(id)}/close`, {});
      desk.answer(done, () => desk.line(say('devices.fleets-closed', { label: plain(done.label ?? '') })));
    });
  devices
    .command('expect')
    .description(say('devices.expect'))
    .argument('<fleet>', say('devices.fleets-number'))
    .argument('<file>', say('devices.expect-file'))
    .requiredOption('--out <file>', say('devices.expect-out'))
    .option('--days <n>', say('devices.expect-days'), '30')
    .action(async (fleet: string, file: string, { out, days }: { out: string; days: string }) => {
      const serials = (await readFile(file, 'utf8')).split(/\r?\n/).filter(line => line.trim() !== '');
      const server = await desk.server();
      const made: { device?: string; secret?: string }[] = [];
      for (let from = 0; from < serials.length; from += MOST_AT_ONCE) {
        const body = {
          serials: serials.slice(from, from + MOST_AT_ONCE).map(each => each.trim()),
          days: Number(days),
        };
        const path = `/api/v1/device-fleets/${segment(fleet)}/expected`;
        made.push(...((await server.post<Expected>(path, body)).items ?? []));
        // Each piece is kept as soon as it is told: the server tells it once.
        const lines = made.map(each => `${each.device ?? ''},${each.secret ?? ''}\n`);
        await writeFile(out, `device,secret\n${lines.join('')}`, { mode: 0o600 });
      }
      desk.answer({ devices: made.map(each => each.device ?? ''), file: out }, () =>
        desk.line(say('devices.expected', { n: made.length, path: out })),
      );
    });
  asList(devices.command('enrolments').description(say('devices.enrolments')), say)
    .option('--fleet <number>', say('devices.fleets-number'))
    .option('--device <name>', say('devices.enrolments-device'))
    .option('--steps', say('devices.enrolments-steps'))
    .action(async (options: ListOptions & { fleet?: string; device?: string; steps?: true }) => {
      const query = { fleet: options.fleet, device: options.device };
      const server = await desk.server();
      const page = await listOf<Enrolment>(desk, server, '/api/v1/device-enrolments', options, query);
      desk.answer(page, () => {
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('devices.device'), cell: row => plain(row.device ?? '') },
            { heading: say('devices.operation'), cell: row => plain(row.operation ?? '') },
            { heading: say('devices.outcome'), cell: row => desk.value('enrolment-outcome', row.outcome) },
            { heading: say('devices.times'), cell: row => String(row.times ?? '') },
            { heading: say('column.at'), cell: row => desk.time(row.lastAt) },
            { heading: say('devices.used'), cell: row => desk.time(row.usedAt ?? undefined) },
          ],
          page,
          say('devices.enrolments-none'),
        );
        if (options.steps === true) for (const each of page.items ?? []) tellSteps(desk, each);
      });
    });
}

const MOST_AT_ONCE = 1_000;

function tellSteps(desk: Desk, { id, device, clock, steps = [] }: Enrolment): void {
  desk.line(`${id ?? ''} ${plain(device ?? '')}`);
  if (clock) {
    const words = { at: plain(clock.at ?? ''), state: desk.value('device-clock', clock.state) };
    desk.line(`  ${desk.say('devices.clock', words)}`);
  }
  for (const { no, step, outcome, detail = {} } of steps) {
    const facts = Object.entries(detail).map(([name, value]) => plain(`${name}=${String(value)}`));
    const words = {
      ...{ no: no ?? '', detail: facts.join(' ') },
      ...{ step: desk.value('enrolment-step', step), outcome: desk.value('enrolment-outcome', outcome) },
    };
    desk.line(`  ${desk.say('devices.step', words)}`);
  }
}
