/**
 * Every record format, through the running server and through spreadsheet programs that nobody here wrote: its sample is
 * fed, its balance must hold (C-22), the same file again must change nothing (C-17), and its records, exported by the
 * command line as a workbook and as CSV, saved again by Gnumeric and by LibreOffice as .xlsx, as .xls and as CSV, and
 * read by the format `record-table`, must be the same records, field by field (C-29, CR-01).
 *
 * One line for each format and a table; the exit code is 1 when one fails. Both programs are installed from Debian when
 * they are missing and may be.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ApiClient } from '../api-client.ts';
import { type CommandLine, commandLine } from '../command-line.ts';
import { SAMPLES, type Sample, sampleBytes } from '../format-samples.ts';
import { dataFolder, startServer } from '../server-process.ts';
import { DECODED } from './decoders/decoded-by.ts';
import { KINDS, missingSpreadsheet, PROGRAMS, type Program, savedBy } from './spreadsheets/programs.ts';

interface Balance {
  readonly received: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly quarantined: number;
}

interface Line {
  readonly format: string;
  readonly balance: Balance;
  readonly faults: string[];
  readonly saved: Map<Program, number>;
}

type Row = Readonly<Record<string, string>>;

/** What is the exporting source's own and not the record's. */
const OF_SOURCE = ['source', 'received_at', 'digest'];

const data = dataFolder();
const desk = mkdtempSync(join(tmpdir(), 'tw-formats-'));
const server = await startServer(data.path);
let hasFailed = false;
try {
  const api = new ApiClient(server.address);
  await api.signIn(server.first!.email, server.first!.password, 'a long enough pass phrase 4');
  const env = { THINGWARD_URL: server.address, THINGWARD_TOKEN: api.token ?? '' };
  const cli = commandLine(desk, env);
  const lines: Line[] = [];
  for (const sample of SAMPLES) lines.push(await fedAndExported(api, cli, sample));
  for (const program of PROGRAMS) {
    const missing = await missingSpreadsheet(program);
    if (missing !== null) {
      console.log(`skipped every format saved by ${program} (${missing})`);
      continue;
    }
    for (const kind of KINDS) await savedAndRead(api, lines, program, kind);
  }
  tell(lines);
} finally {
  await server.stop();
  data.remove();
  rmSync(desk, { recursive: true, force: true });
}
process.exitCode = hasFailed ? 1 : 0;

async function fedAndExported(api: ApiClient, cli: CommandLine, sample: Sample): Promise<Line> {
  const { format, profile } = sample;
  const { id } = await api.post<{ id: number }>('/sources', { name: format, format, profile });
  const bytes = new Uint8Array(sampleBytes(sample));
  const balance = await api.feed<Balance>(id, sample.file, bytes);
  const faults: string[] = [];
  const { received, accepted, duplicate, quarantined } = balance;
  if (received !== accepted + duplicate + quarantined || received === 0) faults.push('does not balance');
  if (accepted !== sample.accepted || quarantined !== sample.quarantined)
    faults.push(`${sample.accepted} were to be accepted and ${sample.quarantined} to be put in quarantine`);
  const again = await api.feed<Balance>(id, sample.file, bytes);
  if (again.accepted !== 0 || again.received !== received)
    faults.push('changes something when it comes again');
  for (const kind of ['xlsx', 'csv'])
    await cli.json('export', 'records', join(desk, `${format}.${kind}`), '--source', format);
  const rows = rowsOf(join(desk, `${format}.csv`));
  if (rows.length !== accepted) faults.push(`${rows.length} records were exported`);
  for (const cell of rows.flatMap(row => Object.values(row)))
    if (/^[=+\-@]/.test(cell) && !/^-\d+$/.test(cell)) faults.push(`exports a formula: ${cell}`);
  return { format, balance, faults, saved: new Map() };
}

/** Both exports of every format saved by one program as one kind, and read into a source each. */
async function savedAndRead(
  api: ApiClient,
  lines: readonly Line[],
  program: Program,
  kind: (typeof KINDS)[number],
): Promise<void> {
  const folder = join(desk, `${program}-${kind}`);
  mkdirSync(folder);
  const names = lines.map(line => line.format);
  await savedBy(
    program,
    kind,
    names.map(name => join(desk, `${name}.xlsx`)),
    folder,
  );
  for (const { format, faults, saved } of lines) {
    const name = `${format}-${program}-${kind}`.slice(0, 63);
    try {
      const { id } = await api.post<{ id: number }>('/sources', { name, format: 'record-table' });
      const { quarantined } = await api.feed<Balance>(
        id,
        name,
        new Uint8Array(readFileSync(join(folder, `${format}.${kind}`))),
      );
      const again = join(folder, `${format}.again.csv`);
      writeFileSync(again, await exportedOf(api, id));
      const fault = difference(rowsOf(join(desk, `${format}.csv`)), rowsOf(again));
      if (fault === null && quarantined === 0) saved.set(program, (saved.get(program) ?? 0) + 1);
      else faults.push(`by ${program} as ${kind}: ${fault ?? `${quarantined} in quarantine`}`);
    } catch (cause) {
      faults.push(`by ${program} as ${kind}: ${String(cause).slice(0, 300)}`);
    }
  }
}

async function exportedOf(api: ApiClient, sourceId: number): Promise<string> {
  const headers = { authorization: `Bearer ${api.token}` };
  const answer = await fetch(`${server.address}/api/v1/exports/records?source=${sourceId}`, { headers });
  if (!answer.ok) throw new Error(`the export answered ${answer.status}`);
  return await answer.text();
}

function rowsOf(path: string): Row[] {
  return parse(readFileSync(path), { columns: true, bom: true }) as Row[];
}

/** The first difference between two tables of records, whatever their order; null when there is none. */
function difference(wanted: readonly Row[], found: readonly Row[]): string | null {
  if (wanted.length !== found.length) return `${found.length} records instead of ${wanted.length}`;
  const told = (row: Row): string =>
    JSON.stringify(Object.entries(row).filter(([name]) => !OF_SOURCE.includes(name)));
  const [left, right] = [wanted.map(told).sort(), found.map(told).sort()];
  const at = left.findIndex((row, i) => row !== right[i]);
  return at < 0 ? null : `${right[at]?.slice(0, 300)} instead of ${left[at]?.slice(0, 300)}`;
}

function tell(lines: readonly Line[]): void {
  console.log('format                received = accepted + duplicate + quarantined  saved again by  decoder');
  for (const { format, balance, saved } of lines) {
    const { received, accepted, duplicate, quarantined } = balance;
    const figures = [received, accepted, duplicate, quarantined].map(each => String(each).padStart(9));
    const trips = PROGRAMS.map(program => `${program} ${saved.get(program) ?? 0}/${KINDS.length}`).join(', ');
    console.log(`${format.padEnd(22)}${figures.join(' ')}  ${trips}  ${DECODED[format] ?? '–'}`);
  }
  for (const { format, faults } of lines) {
    hasFailed ||= faults.length > 0;
    const name = `${format}: balances, and its records survive every spreadsheet program`;
    console.log(faults.length === 0 ? `ok ${name}` : `FAIL ${name}: ${faults.slice(0, 3).join('; ')}`);
  }
}
