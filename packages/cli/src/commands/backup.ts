import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Desk } from '../desk.ts';
import { deed } from '../offline.ts';
import { Fault, UsageFault } from '../shell.ts';

interface Kept {
  readonly folder: string;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly secrets: readonly string[];
  readonly ledgerSize: number;
  readonly hasKeys: boolean;
}

interface Restored {
  readonly dataDir: string;
  readonly rows: number;
  readonly observations: number;
  readonly findingsStanding: number;
  readonly casesOpen: number;
  readonly ledgerSize: number;
  readonly missingEntries: number;
  readonly hasKeys: boolean;
}

/** Both start the server's own entry points on the machine of the installation; neither asks a running server. */
export function addBackup(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('backup')
    .description(say('backup'))
    .argument('<folder>', say('backup.folder'))
    .option('--data <folder>', say('option.data'))
    .option('--without-keys', say('backup.without-keys'))
    .action(async (folder: string, options: { data?: string; withoutKeys?: boolean }) => {
      const words = options.withoutKeys === true ? ['--without-keys'] : [];
      const document = await done<Kept>(desk, 'backup.ts', [resolve(folder), ...words, ...dataOf(options)]);
      desk.answer(document, () => {
        const { rows, sizeBytes, ledgerSize } = document;
        desk.line(say('backup.done', { folder: document.folder, rows, bytes: sizeBytes, size: ledgerSize }));
        if (document.secrets.length > 0)
          desk.line(say('backup.secrets', { files: document.secrets.join(', ') }));
        if (!document.hasKeys) desk.line(say('backup.no-keys'));
      });
    });
}

export function addRestore(program: Command, desk: Desk): void {
  const { say } = desk;
  program
    .command('restore')
    .description(say('restore'))
    .argument('<folder>', say('restore.folder'))
    .option('--data <folder>', say('option.data'))
    .option('--checkpoint <file>', say('restore.checkpoint'))
    .option('--nothing-newer', say('restore.nothing-newer'))
    .action(
      async (folder: string, options: { data?: string; checkpoint?: string; nothingNewer?: boolean }) => {
        const { checkpoint, nothingNewer } = options;
        if ((checkpoint === undefined) === (nothingNewer !== true))
          throw new UsageFault(say('restore.say-newest'));
        const newest = checkpoint === undefined ? ['--nothing-newer'] : ['--checkpoint', resolve(checkpoint)];
        const document = await done<Restored>(desk, 'restore.ts', [
          resolve(folder),
          ...newest,
          ...dataOf(options),
        ]);
        desk.answer(document, () => {
          const { dataDir, observations, findingsStanding, casesOpen, ledgerSize, missingEntries } = document;
          const counts = { observations, findings: findingsStanding, cases: casesOpen, size: ledgerSize };
          desk.line(say('restore.done', { folder: dataDir, ...counts }));
          if (missingEntries > 0) desk.line(say('restore.behind', { missing: missingEntries }));
          if (!document.hasKeys) desk.line(say('restore.no-keys'));
        });
      },
    );
}

function dataOf({ data }: { readonly data?: string }): readonly string[] {
  return data === undefined ? [] : ['--data', resolve(data)];
}

async function done<Document>(desk: Desk, entry: string, args: readonly string[]): Promise<Document> {
  const { document, isGood } = await deed(desk, entry, args);
  if (isGood) return document as Document;
  const { error, told, said } = document as {
    error: string;
    told: Record<'en' | 'zh', readonly [string, string]>;
    said: string | null;
  };
  const [what, mend] = told[desk.language];
  throw new Fault([`${what} (${error})`, mend, ...(said === null ? [] : [said])].join('\n'));
}
