import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { makeCase, type TwinCase } from './cases.ts';
import { type KeyShown, outputsOf, ruleOfCase, type Shown, shownByJudging } from './object-side.ts';
import { silences, twinOf } from './twins.ts';

/** What comparing a run of cases came to. */
export interface Comparison {
  readonly cases: number;
  readonly records: number;
  /** Compared outputs of records, and silences, by operator. */
  readonly values: Readonly<Record<string, number>>;
  /** Compared outputs that were neither absent, zero nor false, by operator and output. */
  readonly lively: Readonly<Record<string, number>>;
  /** The first difference of each case that has one, with its seed. */
  readonly faults: readonly string[];
}

const fields: readonly (readonly [string, string, string])[] = [
  ['event', 'event', 'varchar'],
  ['imei', 'imei', 'varchar'],
  ['smsCount', 'sms_count', 'bigint'],
  ['bytesUp', 'bytes_up', 'bigint'],
  ['bytesDown', 'bytes_down', 'bigint'],
  ['durationSeconds', 'duration_seconds', 'bigint'],
  ['latE6', 'lat_e6', 'bigint'],
  ['lonE6', 'lon_e6', 'bigint'],
  ['accuracyM', 'accuracy_m', 'bigint'],
];
/** Cases whose records share one Parquet file. */
const CASES_PER_FILE = 64;

/** Judges the cases of the seeds and asks DuckDB, over Parquet, the same; every output of every record is compared. */
export async function compareCases(firstSeed: number, count: number): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), 'thingward-twins-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const duck = await instance.connect();
  const tally = { records: 0, values: {}, lively: {} as Record<string, number>, faults: [] as string[] };
  try {
    for (let from = firstSeed; from < firstSeed + count; from += CASES_PER_FILE) {
      const size = Math.min(CASES_PER_FILE, firstSeed + count - from);
      const cases = Array.from({ length: size }, (_, i) => makeCase(from + i));
      const path = join(folder, `${from}.parquet`);
      await writeParquet(duck, cases, path);
      for (const each of cases) await compareCase(duck, each, path, tally);
    }
  } finally {
    duck.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true, force: true });
  }
  return { cases: count, ...tally };
}

interface Tally {
  records: number;
  readonly values: Record<string, number>;
  readonly lively: Record<string, number>;
  readonly faults: string[];
}

async function writeParquet(duck: DuckDBConnection, cases: readonly TwinCase[], path: string): Promise<void> {
  const columns = fields.map(([, column, type]) => `${column} ${type}`).join(', ');
  await duck.run(
    `create or replace table written (seed integer, key integer, ord integer, at_ms bigint, ${columns})`,
  );
  const appender = await duck.createAppender('written');
  for (const { seed, keys } of cases) {
    for (const [key, records] of keys.entries()) {
      for (const [ord, { observedAtMs, body }] of records.entries()) {
        appender.appendInteger(seed);
        appender.appendInteger(key);
        appender.appendInteger(ord);
        appender.appendBigInt(BigInt(observedAtMs));
        for (const [field] of fields) {
          const value = body[field];
          if (typeof value === 'string') appender.appendVarchar(value);
          else if (typeof value === 'number') appender.appendBigInt(BigInt(value));
          else appender.appendNull();
        }
        appender.endRow();
      }
    }
  }
  appender.closeSync();
  await duck.run(`copy written to '${path}' (format parquet, compression zstd)`);
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(duck: DuckDBConnection, query: string): Promise<Row[]> {
  return (await duck.runAndReadAll(query)).getRowObjectsJS() as Row[];
}

async function compareCase(
  duck: DuckDBConnection,
  twinCase: TwinCase,
  path: string,
  tally: Tally,
): Promise<void> {
  const { seed, twin, keys } = twinCase;
  const shown = shownByJudging(twinCase, ruleOfCase(twinCase));
  const from = `(select * exclude (seed) from read_parquet('${path}') where seed = ${seed})`;
  const rows = await rowsOf(duck, twinOf(twin, from));
  const faults: string[] = [];
  const records = keys.reduce((sum, each) => sum + each.length, 0);
  if (rows.length !== records) faults.push(`${rows.length} rows for ${records} records`);
  for (const row of rows) faults.push(...compareRecord(twinCase, shown, row, tally));
  if (twin.operator === 'absence') {
    const expected = await rowsOf(duck, silences(twin, from, twinCase.watermarkMs));
    faults.push(...compareSilences(shown, expected, tally));
  }
  tally.records += records;
  if (faults[0] !== undefined)
    tally.faults.push(
      `seed ${seed}: ${faults[0]} (${faults.length} in all) ${JSON.stringify({ ...twinCase.written, zone: twin.zone })}`,
    );
}

function compareRecord(twinCase: TwinCase, shown: readonly KeyShown[], row: Row, tally: Tally): string[] {
  const { operator } = twinCase.twin;
  const key = Number(row['key']);
  const ord = Number(row['ord']);
  const found = shown[key]?.records[ord];
  const record = twinCase.keys[key]?.[ord];
  const place = `key ${key} record ${ord} at ${new Date(record?.observedAtMs ?? 0).toISOString()}`;
  if (found === undefined) return [`${place} gave no verdict`];
  const faults: string[] = [];
  for (const output of outputsOf(operator)) {
    tally.values[operator] = (tally.values[operator] ?? 0) + 1;
    const here = found[output] ?? null;
    const there = row[output] ?? null;
    if (here !== null && here !== 0 && here !== false) {
      const name = `${operator}.${output}`;
      tally.lively[name] = (tally.lively[name] ?? 0) + 1;
    }
    if (here === there || isWithinSlack(output, found, row)) continue;
    faults.push(`${place} ${output}: judging ${JSON.stringify(here)}, DuckDB ${JSON.stringify(there)}`);
  }
  return faults;
}

/** A length so near a whole number of metres that either of the two beside it is right, with the speed that follows from it. */
function isWithinSlack(output: string, found: Shown, row: Row): boolean {
  const { apart, slack, took_ms: tookMs } = row;
  const metres = found['nM'];
  if (typeof apart !== 'number' || typeof slack !== 'number' || typeof metres !== 'number') return false;
  const isNear =
    metres >= Math.max(0, Math.floor(apart - slack)) && metres <= Math.max(0, Math.floor(apart + slack));
  if (output === 'nM') return isNear;
  return output === 'nKmh' && isNear && found['nKmh'] === Math.floor((metres * 3600) / Number(tookMs));
}

function compareSilences(shown: readonly KeyShown[], rows: readonly Row[], tally: Tally): string[] {
  const named = (key: number, sinceMs: number, dueMs: number): string => `key ${key} ${sinceMs} ${dueMs}`;
  const expected = new Set(
    rows.map(row => named(Number(row['key']), Number(row['since_ms']), Number(row['due_ms']))),
  );
  const faults: string[] = [];
  for (const [key, { silences: found }] of shown.entries()) {
    for (const { sinceMs, dueMs, shown: state } of found) {
      const name = named(key, sinceMs, dueMs);
      tally.values['silence'] = (tally.values['silence'] ?? 0) + 1;
      if (!expected.delete(name)) faults.push(`${name}: a silence that is none`);
      if (state['n'] !== true || state['nMs'] !== dueMs - sinceMs)
        faults.push(`${name}: shows ${JSON.stringify(state)}`);
    }
  }
  for (const name of expected) faults.push(`${name}: a silence that judging did not find`);
  return faults;
}
