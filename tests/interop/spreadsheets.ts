/**
 * Tables against spreadsheet programs that nobody here wrote: cards are exported as a workbook, Gnumeric reads that
 * and writes it as .xlsx, as .xls and as CSV, and each of these is imported again: nothing may have changed (C-29,
 * CR-01). LibreOffice does the same where it is installed. Gnumeric is installed when it is missing and can be.
 *
 * One line for each check; the exit code is 1 when one fails.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiClient } from '../api-client.ts';
import { dataFolder, startServer } from '../server-process.ts';

const run = promisify(execFile);
let hasFailed = false;
function tell(name: string, fault: string | null): void {
  console.log(fault === null ? `ok ${name}` : `FAIL ${name} ${fault}`);
  hasFailed ||= fault !== null;
}

interface Report {
  readonly rows: number;
  readonly registered: number;
  readonly unchanged: number;
  readonly refusedCount: number;
}

async function has(program: string): Promise<boolean> {
  return await run('which', [program]).then(
    () => true,
    () => false,
  );
}

async function installed(): Promise<boolean> {
  if (await has('ssconvert')) return true;
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'gnumeric']).catch(() => undefined);
  return await has('ssconvert');
}

/** Cards whose identifiers a spreadsheet would spoil if it took them for numbers. */
function cards(): string {
  const rows = ['iccid,imsi,msisdn,eid,class,contract,owner,cap_mb'];
  for (let i = 0; i < 300; i += 1) {
    const tail = String(i).padStart(6, '0');
    rows.push(
      `8988303000000${tail},001010000${tail},1440000${tail},,industry,C-${i % 7},"=1+${i}, 中",${i / 4}`,
    );
  }
  rows.push('898604B719227100001A,460040000000017,,89049032123451234512345678901235,medical,C-1,,');
  return `${rows.join('\n')}\n`;
}

const CONVERSIONS = [
  ['gnumeric', 'xlsx', (from: string, to: string) => run('ssconvert', [from, to])],
  [
    'gnumeric',
    'xls',
    (from: string, to: string) => run('ssconvert', ['-T', 'Gnumeric_Excel:excel_biff8', from, to]),
  ],
  ['gnumeric', 'csv', (from: string, to: string) => run('ssconvert', [from, to])],
  ['libreoffice', 'xlsx', (from: string, to: string) => office(from, to, 'xlsx')],
  ['libreoffice', 'xls', (from: string, to: string) => office(from, to, 'xls')],
  [
    'libreoffice',
    'csv',
    (from: string, to: string) => office(from, to, 'csv:Text - txt - csv (StarCalc):44,34,76'),
  ],
] as const;

async function office(from: string, to: string, filter: string): Promise<void> {
  const folder = `${to}.d`;
  await run('soffice', ['--headless', '--convert-to', filter, '--outdir', folder, from]);
  writeFileSync(to, readFileSync(join(folder, `cards.${filter.split(':')[0]}`)));
}

const data = dataFolder();
const desk = mkdtempSync(join(tmpdir(), 'tw-sheets-'));
const server = await startServer(data.path);
try {
  const api = new ApiClient(server.address);
  await api.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 4');
  await api.importTable<Report>('cards', cards());
  const headers = { authorization: `Bearer ${api.token}` };
  const answer = await fetch(`${server.address}/api/v1/exports/cards?format=xlsx`, { headers });
  const whole = join(desk, 'cards.xlsx');
  writeFileSync(whole, Buffer.from(await answer.arrayBuffer()));
  const programs = { gnumeric: await installed(), libreoffice: await has('soffice') };
  for (const [program, kind, convert] of CONVERSIONS) {
    const name = `cards exported, saved by ${program} as ${kind} and imported again are unchanged`;
    if (!programs[program]) {
      console.log(`skipped ${name} (${program} is not installed)`);
      continue;
    }
    const saved = join(desk, `${program}.${kind}`);
    try {
      await convert(whole, saved);
      const again = await api.importTable<Report>('cards', new Uint8Array(readFileSync(saved)));
      const isSame = again.rows === 301 && again.unchanged === 301 && again.refusedCount === 0;
      tell(name, isSame ? null : JSON.stringify(again).slice(0, 400));
    } catch (fault) {
      tell(name, String(fault).slice(0, 400));
    }
  }
} finally {
  await server.stop();
  data.remove();
  rmSync(desk, { recursive: true, force: true });
}
process.exitCode = hasFailed ? 1 : 0;
