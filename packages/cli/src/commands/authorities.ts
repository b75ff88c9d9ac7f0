import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { asList, type Desk, type ListOptions, listOf, segment } from '../desk.ts';
import { offline } from '../offline.ts';
import { Fault } from '../shell.ts';
import { plain } from '../table.ts';

/** GET /device-authorities */
interface Authority {
  readonly id?: number;
  readonly name?: string;
  readonly state?: string;
  readonly validTo?: string | null;
  readonly shards?: number;
  readonly request?: string;
  readonly certificate?: string | null;
}

interface RequestOptions {
  readonly organization: string;
  readonly country?: string;
  readonly store?: string;
  readonly keyType?: string;
  readonly shards?: string;
  readonly url?: string;
  readonly out?: string;
}

/** `authorities`: certificate authorities of devices at the server, and their root, which no server holds. */
export function addAuthorities(program: Command, desk: Desk): void {
  const { say } = desk;
  const authorities = program.command('authorities').description(say('authorities'));
  asList(authorities.command('list').description(say('authorities.list')), say).action(
    async (options: ListOptions) => {
      const page = await listOf<Authority>(desk, await desk.server(), '/api/v1/device-authorities', options);
      desk.answer(page, () =>
        desk.rows(
          [
            { heading: say('column.id'), cell: row => String(row.id ?? '') },
            { heading: say('column.name'), cell: row => plain(row.name ?? '') },
            { heading: say('column.state'), cell: row => desk.value('authority-state', row.state) },
            { heading: say('authorities.ends'), cell: row => desk.time(row.validTo ?? undefined) },
            { heading: say('authorities.shards'), cell: row => String(row.shards ?? '') },
          ],
          page,
          say('authorities.none'),
        ),
      );
    },
  );
  authorities
    .command('request')
    .description(say('authorities.request'))
    .argument('<name>', say('authorities.name'))
    .requiredOption('--organization <name>', say('authorities.organization'))
    .option('--country <code>', say('authorities.country'))
    .option('--store <store>', say('authorities.store'))
    .option('--key-type <type>', say('authorities.key-type'))
    .option('--shards <n>', say('authorities.shards-option'))
    .option('--url <url>', say('authorities.url'))
    .option('--out <file>', say('authorities.request-out'))
    .action(async (name: string, { out, shards, ...options }: RequestOptions) => {
      const body = { name, ...options, ...(shards === undefined ? {} : { shards: Number(shards) }) };
      const made = await (await desk.server()).post<Authority>('/api/v1/device-authorities', body);
      if (out !== undefined) await writeFile(out, made.request ?? '');
      desk.answer(made, () => {
        desk.line(say('authorities.requested', { id: made.id ?? '', name: plain(name) }));
        desk.line(out === undefined ? (made.request ?? '') : say('authorities.written', { path: out }));
      });
    });
  authorities
    .command('install')
    .description(say('authorities.install'))
    .argument('<number>', say('authorities.number'))
    .argument('<certificate>', say('authorities.certificate'))
    .requiredOption('--above <file>', say('authorities.above'))
    .option('--crl <file>', say('authorities.crl'))
    .action(async (id: string, certificate: string, { above, crl }: { above: string; crl?: string }) => {
      const body = {
        certificate: await readFile(certificate, 'utf8'),
        above: await readFile(above, 'utf8'),
        ...(crl === undefined ? {} : { lists: await readFile(crl, 'utf8') }),
      };
      const path = `/api/v1/device-authorities/${segment(id)}/certificate`;
      const done = await (await desk.server()).post<Authority>(path, body);
      const words = { name: plain(done.name ?? ''), until: desk.time(done.validTo ?? undefined) };
      desk.answer(done, () => desk.line(say('authorities.installed', words)));
    });
  authorities
    .command('rotate')
    .description(say('authorities.rotate'))
    .argument('<number>', say('authorities.number'))
    .option('--store <store>', say('authorities.store'))
    .option('--key-type <type>', say('authorities.key-type'))
    .option('--out <file>', say('authorities.request-out'))
    .action(async (id: string, { out, ...body }: Pick<RequestOptions, 'store' | 'keyType' | 'out'>) => {
      const path = `/api/v1/device-authorities/${segment(id)}/rotate`;
      const made = await (await desk.server()).post<Authority>(path, body);
      if (out !== undefined) await writeFile(out, made.request ?? '');
      desk.answer(made, () => {
        desk.line(say('authorities.rotated', { id: made.id ?? '', name: plain(made.name ?? '') }));
        desk.line(out === undefined ? (made.request ?? '') : say('authorities.written', { path: out }));
      });
    });
  authorities
    .command('retire')
    .description(say('authorities.retire'))
    .argument('<number>', say('authorities.number'))
    .action(async (id: string) => {
      const path = `/api/v1/device-authorities/${segment(id)}/retire`;
      const done = await (await desk.server()).post<Authority>(path, {});
      desk.answer(done, () => desk.line(say('authorities.retired', { name: plain(done.name ?? '') })));
    });
  addRoot(authorities, desk);
}

interface RootOptions {
  readonly passphraseFile: string;
  readonly name?: string;
  readonly organization?: string;
  readonly country?: string;
  readonly days?: string;
  readonly out?: string;
  readonly revoke?: string;
  readonly reason?: string;
}

/** What is done with the root happens on the machine where it lies; no server is asked. */
function addRoot(authorities: Command, desk: Desk): void {
  const { say } = desk;
  const root = authorities.command('root').description(say('root'));
  const deed = (name: string, what: Parameters<typeof say>[0]) =>
    root
      .command(name)
      .description(say(what))
      .argument('<folder>', say('root.folder'))
      .requiredOption('--passphrase-file <file>', say('root.passphrase'));
  deed('make', 'root.make')
    .requiredOption('--name <name>', say('root.name'))
    .requiredOption('--organization <name>', say('authorities.organization'))
    .option('--country <code>', say('authorities.country'))
    .action(async (folder: string, { passphraseFile, ...asked }: RootOptions) => {
      const made = await done<{ certificate: string }>(desk, 'root-make', folder, passphraseFile, asked);
      desk.answer(made, () =>
        desk.line(say('root.made', { path: made.certificate, passphrase: passphraseFile })),
      );
    });
  deed('sign', 'root.sign')
    .argument('<request>', say('root.request'))
    .requiredOption('--out <file>', say('root.out'))
    .option('--days <n>', say('root.days'))
    .action(async (folder: string, request: string, { passphraseFile, out, days }: RootOptions) => {
      const asked = {
        request: resolve(request),
        certificate: resolve(out ?? ''),
        ...(days === undefined ? {} : { days: Number(days) }),
      };
      const made = await done<{ subject: string }>(desk, 'root-sign', folder, passphraseFile, asked);
      desk.answer(made, () =>
        desk.line(say('root.signed', { subject: plain(made.subject), path: out ?? '' })),
      );
    });
  deed('crl', 'root.crl')
    .option('--revoke <certificate>', say('root.revoke'))
    .option('--reason <reason>', say('certificates.reason'))
    .action(async (folder: string, { passphraseFile, revoke, reason }: RootOptions) => {
      const asked = { ...(revoke === undefined ? {} : { revoke: resolve(revoke) }), reason };
      const made = await done<{ crl: string; crlNumber: number; revoked: number }>(
        ...([desk, 'root-list', folder, passphraseFile, asked] as const),
      );
      const words = { path: made.crl, number: made.crlNumber, n: made.revoked };
      desk.answer(made, () => desk.line(say('root.listed', words)));
    });
}

async function done<Document>(
  desk: Desk,
  deed: string,
  folder: string,
  passphraseFile: string,
  asked: object,
): Promise<Document> {
  const whole = { folder: resolve(folder), passphraseFile: resolve(passphraseFile), ...asked };
  const { document, isGood } = await offline(desk, [deed, JSON.stringify(whole)]);
  if (isGood) return document as Document;
  const { error, told } = document as {
    error: string;
    told: Record<'en' | 'zh', readonly [string, string]>;
  };
  const [what, mend] = told[desk.language];
  throw new Fault(`${what} (${error})\n${mend}`);
}
