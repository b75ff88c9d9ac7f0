import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasProgram, missing } from '../debian/install.ts';

const run = promisify(execFile);

/** Spreadsheet programs that nobody here wrote, and what they save tables as. */
export const PROGRAMS = ['gnumeric', 'libreoffice'] as const;
export type Program = (typeof PROGRAMS)[number];
export const KINDS = ['xlsx', 'xls', 'csv'] as const;
export type Kind = (typeof KINDS)[number];

const BINARY = { gnumeric: 'ssconvert', libreoffice: 'soffice' } as const;
const PACKAGE = { gnumeric: 'gnumeric', libreoffice: 'libreoffice-calc-nogui' } as const;
const OFFICE_FILTER = {
  xlsx: 'xlsx',
  xls: 'xls:MS Excel 97',
  csv: 'csv:Text - txt - csv (StarCalc):44,34,76',
} as const;

/** Why a program cannot be used here, or null. Installs Debian's package when it is missing and we may. */
export function missingSpreadsheet(program: Program): Promise<string | null> {
  return missing(program, () => hasProgram(BINARY[program]), PACKAGE[program]);
}

/** Opens tables and saves each in the folder under its own name as another kind. */
export async function savedBy(
  program: Program,
  kind: Kind,
  paths: readonly string[],
  folder: string,
): Promise<void> {
  if (program === 'libreoffice') {
    // A profile of its own: another office of the same user would take the order and answer nothing.
    const profile = `-env:UserInstallation=file://${join(folder, 'profile')}`;
    const words = ['--headless', profile, '--convert-to', OFFICE_FILTER[kind], '--outdir', folder];
    await run('soffice', [...words, ...paths], { maxBuffer: 1 << 26 });
    return;
  }
  const exporter = kind === 'xls' ? ['-T', 'Gnumeric_Excel:excel_biff8'] : [];
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('.'));
    await run('ssconvert', [...exporter, path, join(folder, `${name}.${kind}`)]);
  }
}
