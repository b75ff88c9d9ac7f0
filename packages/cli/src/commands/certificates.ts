import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { plain } from '../table.ts';

/** GET /certificates */
interface Certificate {
  readonly id?: number;
  readonly subject?: number;
  /** What the device is registered as. */
  readonly device?: string | null;
  readonly authority?: number;
  readonly serial?: string;
  readonly profile?: string;
  readonly state?: string;
  readonly reason?: string | null;
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly certificate?: string;
  readonly lastSeenAt?: string | null;
  readonly next?: number | null;
  readonly plan?: string;
  readonly acts?: readonly Act[];
}
interface Act {
  readonly act?: string;
  readonly reason?: string | null;
  readonly why?: string | null;
  readonly actor?: string;
  readonly at?: string;
}

/** GET /certificate-forecast */
interface Ending {
  readonly week?: string;
  readonly authority?: number;
  readonly product?: string;
  readonly ends?: number;
  readonly followed?: number;
  readonly silent?: number;
}
interface Filter {
  readonly state?: string;
  readonly device?: string;
  readonly authority?: string;
  readonly claim?: string;
}

interface Grounds {
  readonly why: string;
  readonly basis?: string;
}

/** `certificates`: of devices, from their issue to their end. */
export function addCertificates(program: Command, desk: Desk): void {
  const { say } = desk;
  const certificates = program.command('certificates').description(say('certificates'));
  asList(certificates.command('list').description(say('certificates.list')), say)
    .option('--state <state>', say('certificates.state'))
    .option('--device <number>', say('certificates.subject'))
    .option('--authority <number>', say('authorities.number'))
    .option('--claim <number>', say('certificates.claim'))
    .action(async (options: ListOptions & Filter) => {
      const { state, device: subject, authority, claim } = options;
      const query = { state, subject, authority, claim };
      const page = await listOf<Certificate>(
        desk,
        await desk.server(),
        '/api/v1/certificates',
        options,
        query,
      );
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('certificates.device-column'), cell: row => deviceOf(row) },
            { heading: say('certificates.serial'), cell: row => plain(row.serial ?? '') },
            { heading: say('column.state'), cell: row => desk.value('certificate-state', row.state) },
            { heading: say('certificates.ends'), cell: row => desk.time(row.validTo) },
            { heading: say('certificates.plan'), cell: row => desk.value('certificate-plan', row.plan) },
          ],
          page,
          say('certificates.none'),
        ),
      );
    });
  certificates
    .command('forecast')
    .description(say('certificates.forecast'))
    .option('--weeks <n>', say('certificates.forecast-weeks'), '26')
    .action(async ({ weeks }: { weeks: string }) => {
      const path = `/api/v1/certificate-forecast?weeks=${segment(weeks)}`;
      const page = await (await desk.server()).get<{ items?: readonly Ending[] }>(path);
      desk.answer(page, () => tellForecast(desk, page));
    });
  certificates
    .command('show')
    .description(say('certificates.show'))
    .argument('<number>', say('certificates.number'))
    .action(async (id: string) => {
      const one = await (await desk.server()).get<Certificate>(`/api/v1/certificates/${segment(id)}`);
      desk.answer(one, () => show(desk, one));
    });
  certificates
    .command('issue')
    .description(say('certificates.issue'))
    .argument('<device>', say('certificates.device'))
    .argument('<request>', say('certificates.request'))
    .requiredOption('--authority <number>', say('authorities.number'))
    .option('--profile <name>', say('certificates.profile'))
    .option('--out <file>', say('certificates.out'))
    .action(
      async (
        device: string,
        request: string,
        { authority, profile, out }: { authority: string; profile?: string; out?: string },
      ) => {
        const body = {
          device,
          authority: Number(authority),
          request: await readFile(request, 'utf8'),
          ...(profile === undefined ? {} : { profile }),
        };
        const made = await (await desk.server()).post<Certificate>('/api/v1/certificates', body);
        if (out !== undefined) await writeFile(out, made.certificate ?? '');
        const words = { id: made.id ?? '', device: plain(device), until: desk.time(made.validTo) };
        desk.answer(made, () => {
          desk.line(say('certificates.issued', words));
          if (out === undefined) desk.line(made.certificate ?? '');
        });
      },
    );
  const act = (name: 'revoke' | 'hold' | 'release', told: 'revoked' | 'held' | 'released') =>
    certificates
      .command(name)
      .description(say(`certificates.${name}`))
      .argument('<number>', say('certificates.number'))
      .requiredOption('--why <text>', say('certificates.why'))
      .option('--basis <clause>', say('certificates.basis'))
      .option('--reason <reason>', say('certificates.reason'))
      .action(async (id: string, { reason, ...grounds }: Grounds & { reason?: string }) => {
        const body = name === 'revoke' ? { ...grounds, reason: reason ?? 'unspecified' } : grounds;
        const path = `/api/v1/certificates/${segment(id)}/${name}`;
        const done = await (await desk.server()).post<Certificate>(path, body);
        desk.answer(done, () => desk.line(say(`certificates.${told}`, { id: plain(id) })));
      });
  act('revoke', 'revoked');
  act('hold', 'held');
  act('release', 'released');
}

/** By what it is registered as; its number where a server does not tell. */
function deviceOf({ device, subject }: Certificate): string {
  return plain(device ?? String(subject ?? ''));
}

function tellForecast(desk: Desk, page: { readonly items?: readonly Ending[] }): void {
  const { say } = desk;
  desk.rows<Ending>(
    [
      { heading: say('certificates.week'), cell: row => plain(row.week ?? '') },
      { heading: say('certificates.authority'), cell: row => String(row.authority ?? '') },
      { heading: say('devices.product-column'), cell: row => plain(row.product ?? '') },
      { heading: say('certificates.ending'), cell: row => String(row.ends ?? '') },
      { heading: say('certificates.followed'), cell: row => String(row.followed ?? '') },
      { heading: say('certificates.silent'), cell: row => String(row.silent ?? '') },
    ],
    { ...page, next: null },
    say('certificates.forecast-none'),
  );
}

function show(desk: Desk, one: Certificate): void {
  const { say } = desk;
  desk.pairs([
    [say('column.id'), one.id],
    [say('certificates.device-column'), deviceOf(one)],
    [say('certificates.serial'), one.serial],
    [say('column.state'), desk.value('certificate-state', one.state)],
    [say('column.from'), desk.time(one.validFrom)],
    [say('certificates.ends'), desk.time(one.validTo)],
    [say('certificates.seen'), desk.time(one.lastSeenAt ?? undefined)],
    [say('certificates.plan'), desk.value('certificate-plan', one.plan)],
    [say('certificates.next'), one.next],
  ]);
  for (const { at, act, actor, reason, why } of one.acts ?? [])
    desk.line(
      [
        desk.time(at),
        desk.value('certificate-act', act),
        plain(actor ?? ''),
        reason ?? '',
        plain(why ?? ''),
      ].join('  '),
    );
  desk.line(one.certificate ?? '');
}
