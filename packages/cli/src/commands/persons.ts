import type { Command } from 'commander';
import { type Desk, segment } from '../desk.ts';
import { UsageFault } from '../shell.ts';
import { plain } from '../table.ts';
import {
  addSheetList,
  getSheet,
  numberOf,
  postSheet,
  type Sheet,
  showSheet,
  wordsIn,
} from './personal-sheets.ts';

export function addPersons(program: Command, desk: Desk): void {
  const { say } = desk;
  const persons = program.command('persons').description(say('persons'));
  addSheetList(
    desk,
    persons.command('list').description(say('persons.list')),
    '/api/v1/persons',
    ['handle', 'kind', 'state', 'values', 'madeAt'],
    false,
  );
  persons
    .command('show')
    .description(say('persons.show'))
    .argument('<handle>', say('persons.handle'))
    .action((handle: string) => getSheet(desk, `/api/v1/persons/${segment(handle)}`));
  persons
    .command('add')
    .description(say('persons.add'))
    .argument('<file>', say('persons.file'))
    .action(async (file: string) => {
      const told = objectOf(desk, file, await wordsIn(desk, file));
      const made = await (await desk.server()).post<Sheet>('/api/v1/persons', told);
      const words = { handle: String(made['handle']), document: String(made['documentId']) };
      desk.answer(made, () => desk.line(say('persons.added', words)));
    });
  persons
    .command('looks')
    .description(say('persons.looks'))
    .argument('<handle>', say('persons.handle'))
    .action(async (handle: string) => {
      const path = `/api/v1/persons/${segment(handle)}/looks`;
      const page = await (await desk.server()).get<{ items?: readonly Sheet[] }>(path);
      desk.answer(page, () => {
        for (const look of page.items ?? []) showSheet(desk, look);
      });
    });
  persons
    .command('end')
    .description(say('persons.end'))
    .argument('<handle>', say('persons.handle'))
    .requiredOption('--reason <reason>', say('personal.reason'))
    .action(async (handle: string, { reason }: { reason: string }) => {
      const path = `/api/v1/persons/${segment(handle)}/end`;
      const ended = await (await desk.server()).post<Sheet>(path, { reason });
      const words = { handle: plain(handle), keys: String(ended['keysDestroyed']) };
      desk.answer(ended, () => desk.line(say('persons.ended', words)));
    });
}

interface VerifyOptions {
  readonly document: string;
  readonly outcome: string;
  readonly method: string;
  readonly until?: string;
  readonly evidence?: string;
}

export function addVerifyIdentity(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('verify-identity')
    .description(say('verify-identity'))
    .argument('<handle>', say('persons.handle'))
    .requiredOption('--document <number>', say('verify-identity.document'))
    .requiredOption('--method <method>', say('verify-identity.method'))
    .option('--outcome <outcome>', say('verify-identity.outcome'), 'verified')
    .option('--until <time>', say('verify-identity.until'))
    .option('--evidence <sha256>', say('verify-identity.evidence'))
    .action(async (handle: string, { document, until, evidence, ...rest }: VerifyOptions) => {
      const body = {
        ...rest,
        documentId: numberOf(desk, document),
        ...(until === undefined ? {} : { validTo: until }),
        ...(evidence === undefined ? {} : { evidenceSha256: evidence }),
      };
      const path = `/api/v1/persons/${segment(handle)}/verifications`;
      const done = await (await desk.server()).post<Sheet>(path, body);
      const words = { id: String(done['id']), handle: plain(handle), until: String(done['validTo']) };
      desk.answer(done, () => desk.line(say('verify-identity.done', words)));
    });
}

export function addUnmask(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('unmask')
    .description(say('unmask'))
    .argument('<handle>', say('persons.handle'))
    .requiredOption('--case <number>', say('unmask.case'))
    .option('--use <use>', say('unmask.use'), 'case-work')
    .option('--field <name>', say('unmask.field'), (name: string, before: string[]) => [...before, name], [])
    .action(async (handle: string, options: { case: string; use: string; field: readonly string[] }) => {
      const fields = options.field.length === 0 ? {} : { fields: options.field };
      const body = { caseId: numberOf(desk, options.case), use: options.use, ...fields };
      await postSheet(desk, `/api/v1/persons/${segment(handle)}/looks`, body);
    });
}

interface VaultSeen {
  readonly isOpen?: boolean;
  readonly fault?: string | null;
  readonly roots?: readonly Sheet[];
}

export function addVault(program: Command, desk: Desk): void {
  const { say } = desk;
  const vault = program
    .command('vault')
    .description(say('vault'))
    .action(async () => {
      const seen = await (await desk.server()).get<VaultSeen>('/api/v1/vault');
      desk.answer(seen, () => {
        desk.line(seen.isOpen === true ? say('vault.open') : say('vault.shut', { fault: seen.fault ?? '' }));
        for (const root of seen.roots ?? []) showSheet(desk, root);
      });
    });
  vault
    .command('rotate')
    .description(say('vault.rotate'))
    .action(async () => {
      const made = await (await desk.server()).post<{ root?: number }>('/api/v1/vault/roots', {});
      desk.answer(made, () => desk.line(say('vault.rotated', { root: made.root ?? '' })));
    });
  vault
    .command('remove')
    .description(say('vault.remove'))
    .argument('<root>', say('vault.root'))
    .action(async (root: string) => {
      const gone = await (await desk.server()).delete<{ root?: number }>(
        `/api/v1/vault/roots/${segment(root)}`,
      );
      desk.answer(gone, () => desk.line(say('vault.removed', { root: plain(root) })));
    });
}

function objectOf(desk: Desk, path: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below, without a word of what the file holds.
  }
  throw new UsageFault(desk.say('fault.no-json-object', { path }));
}
