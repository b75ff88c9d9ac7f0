/**
 * Tables against spreadsheet programs that nobody here wrote: cards are exported as a workbook, Gnumeric reads that
 * and writes it as .xlsx, as .xls and as CSV, and each of these is imported again: nothing may have changed (C-29,
 * CR-01). LibreOffice does the same. Both are installed from Debian when they are missing and may be.
 *
 * One line for each check; the exit code is 1 when one fails.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../api-client.ts';
import { dataFolder, startServer } from '../server-process.ts';
import { KINDS, missingSpreadsheet, PROGRAMS, savedBy } from './spreadsheets/programs.ts';

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
  for (const program of PROGRAMS) {
    const lack = await missingSpreadsheet(program);
    for (const kind of KINDS) {
      const name = `cards exported, saved by ${program} as ${kind} and imported again are unchanged`;
      if (lack !== null) {
        console.log(`skipped ${name} (${lack})`);
        continue;
      }
      const folder = join(desk, `${program}-${kind}`);
      mkdirSync(folder);
      try {
        await savedBy(program, kind, [whole], folder);
        const saved = new Uint8Array(readFileSync(join(folder, `cards.${kind}`)));
        const again = await api.importTable<Report>('cards', saved);
        const isSame = again.rows === 301 && again.unchanged === 301 && again.refusedCount === 0;
        tell(name, isSame ? null : JSON.stringify(again).slice(0, 400));
      } catch (fault) {
        tell(name, String(fault).slice(0, 400));
      }
    }
  }
} finally {
  await server.stop();
  data.remove();
  rmSync(desk, { recursive: true, force: true });
}
process.exitCode = hasFailed ? 1 : 0;
