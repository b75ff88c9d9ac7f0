import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';

const PATH = '/api/v1/certificate-revocations';

/** POST /certificate-revocations/preview */
interface Preview {
  readonly certificates?: number;
  readonly devices?: number;
  readonly held?: number;
  readonly authorities?: number;
  readonly examples?: readonly string[];
}
/** GET /certificate-revocations */
interface Revocation {
  readonly id?: number;
  readonly state?: string;
  readonly certificates?: number;
  readonly devices?: number;
  readonly reason?: string | null;
  readonly why?: string;
  readonly askedBy?: string;
  readonly askedAt?: string;
  readonly approvedBy?: string | null;
  readonly approvedAt?: string | null;
  readonly withdrawnBy?: string | null;
  readonly withdrawnAt?: string | null;
  readonly endedAt?: string | null;
  readonly progress?: {
    readonly revoked?: number;
    readonly wasRevoked?: number;
    readonly waiting?: number;
  };
}

interface Chosen {
  readonly authority?: string;
  readonly product?: string;
  readonly issuedFrom?: string;
  readonly issuedUntil?: string;
  readonly certificates?: string;
}

/** `revocations`: of many certificates at once, seen first, asked for by one person and approved by another. */
export function addRevocations(program: Command, desk: Desk): void {
  const { say } = desk;
  const revocations = program.command('revocations').description(say('revocations'));
  asList(revocations.command('list').description(say('revocations.list')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Revocation>(desk, await desk.server(), PATH, options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('revocations.certificates'), cell: row => String(row.certificates ?? '') },
            { heading: say('revocations.devices'), cell: row => String(row.devices ?? '') },
            { heading: say('column.state'), cell: row => desk.value('state', row.state) },
            { heading: say('revocations.asked-at'), cell: row => desk.time(row.askedAt) },
          ],
          page,
          say('revocations.none'),
        ),
      );
    },
  );
  choosing(revocations.command('preview').description(say('revocations.preview')), desk).action(
    async (options: Chosen) => {
      const selection = await selectionOf(desk, options);
      const seen = await (await desk.server()).post<Preview>(`${PATH}/preview`, { selection });
      desk.answer(seen, () => {
        const { certificates = 0, devices = 0, held = 0, authorities = 0, examples = [] } = seen;
        desk.pairs([
          [say('revocations.certificates'), certificates],
          [say('revocations.devices'), devices],
          [say('revocations.held'), held],
          [say('revocations.authorities'), authorities],
          [say('revocations.examples'), examples.map(plain).join(', ')],
        ]);
        desk.line(say('revocations.next', { n: certificates }));
      });
    },
  );
  choosing(revocations.command('ask').description(say('revocations.ask')), desk)
    .requiredOption('--expected <n>', say('revocations.expected'))
    .requiredOption('--why <text>', say('certificates.why'))
    .option('--reason <reason>', say('certificates.reason'))
    .option('--basis <clause>', say('certificates.basis'))
    .action(async (options: Chosen & { expected: string; why: string; reason?: string; basis?: string }) => {
      const { expected, why, reason = 'unspecified', basis } = options;
      const asked = { expected: Number(expected), why, reason, ...(basis === undefined ? {} : { basis }) };
      const body = { selection: await selectionOf(desk, options), ...asked };
      const made = await (await desk.server()).post<Revocation>(PATH, body);
      const words = { id: made.id ?? '', n: made.certificates ?? '', devices: made.devices ?? '' };
      desk.answer(made, () => desk.line(say('revocations.asked', words)));
    });
  revocations
    .command('approve')
    .description(say('revocations.approve'))
    .argument('<number>', say('revocations.number'))
    .action(async (id: string) => {
      const done = await (await desk.server()).post<Revocation>(`${PATH}/${segment(id)}/approve`, {});
      const words = { id: plain(id), n: done.certificates ?? '' };
      desk.answer(done, () => desk.line(say('revocations.approved', words)));
    });
  revocations
    .command('withdraw')
    .description(say('revocations.withdraw'))
    .argument('<number>', say('revocations.number'))
    .requiredOption('--why <text>', say('certificates.why'))
    .action(async (id: string, { why }: { why: string }) => {
      const path = `${PATH}/${segment(id)}/withdraw`;
      const done = await (await desk.server()).post<Revocation>(path, { note: why });
      desk.answer(done, () => desk.line(say('revocations.withdrawn', { id: plain(id) })));
    });
  revocations
    .command('show')
    .description(say('revocations.show'))
    .argument('<number>', say('revocations.number'))
    .action(async (id: string) => {
      const one = await (await desk.server()).get<Revocation>(`${PATH}/${segment(id)}`);
      desk.answer(one, () => show(desk, one));
    });
}

function choosing(command: Command, { say }: Desk): Command {
  return command
    .option('--authority <number>', say('authorities.number'))
    .option('--product <name>', say('revocations.product'))
    .option('--issued-from <moment>', say('revocations.issued-from'))
    .option('--issued-until <moment>', say('revocations.issued-until'))
    .option('--certificates <file>', say('revocations.file'));
}

async function selectionOf(
  desk: Desk,
  { authority, product, issuedFrom, issuedUntil, certificates }: Chosen,
): Promise<object> {
  return {
    ...(authority === undefined ? {} : { authority: Number(authority) }),
    ...(product === undefined ? {} : { product }),
    ...(issuedFrom === undefined ? {} : { issuedFromMs: momentOf(desk, issuedFrom) }),
    ...(issuedUntil === undefined ? {} : { issuedUntilMs: momentOf(desk, issuedUntil) }),
    ...(certificates === undefined ? {} : { certificates: numbersIn(await readFile(certificates, 'utf8')) }),
  };
}

function momentOf(desk: Desk, text: string): number {
  const ms = Date.parse(text);
  if (!Number.isFinite(ms)) throw new UsageFault(desk.say('revocations.no-moment', { text: plain(text) }));
  return ms;
}

/** One number of a certificate on each line; the server says what is wrong with another text. */
function numbersIn(text: string): number[] {
  return text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(Number);
}

function show(desk: Desk, one: Revocation): void {
  const { say } = desk;
  const { revoked = 0, wasRevoked = 0, waiting = 0 } = one.progress ?? {};
  desk.pairs([
    [say('column.id'), one.id],
    [say('column.state'), desk.value('state', one.state)],
    [say('revocations.certificates'), one.certificates],
    [say('revocations.devices'), one.devices],
    [say('revocations.done'), revoked],
    [say('revocations.was-revoked'), wasRevoked],
    [say('revocations.waiting'), waiting],
    [say('revocations.why-column'), [one.reason ?? '', plain(one.why ?? '')].join('  ')],
    [say('revocations.asked-at'), [desk.time(one.askedAt), plain(one.askedBy ?? '')].join('  ')],
    [say('revocations.approved-at'), [desk.time(one.approvedAt), plain(one.approvedBy ?? '')].join('  ')],
    [say('revocations.withdrawn-at'), [desk.time(one.withdrawnAt), plain(one.withdrawnBy ?? '')].join('  ')],
    [say('revocations.ended-at'), desk.time(one.endedAt)],
  ]);
}
