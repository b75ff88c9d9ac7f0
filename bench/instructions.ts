/**
 * What a rule more costs: instructions for each record with eleven of the twelve rules and with all of them,
 * counted by valgrind's callgrind.
 *
 * Two runs over the same file, to a half of it and to its end, are counted and their difference taken, so that
 * starting, compiling, warming and meeting cards for the first time fall away. Instructions of reading the CSV are
 * among them, as they are of judging a record. The figure depends on the rule: each is named. A rule that throws on
 * every batch is counted too.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { csvOf } from './judge-parts/data.ts';
import { TWELVE } from './judge-parts/rules.ts';

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: 'mcc-fence,day-cap,imei-change,fan-out' },
    throws: { type: 'string', default: 'day-cap' },
    records: { type: 'string', default: '600000' },
  },
});
const script = join(import.meta.dirname, 'judge-parts', 'counted-run.ts');
const records = Number(values.records);
const half = Math.floor(records / 2);
const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
try {
  const path = join(folder, 'use.csv');
  writeFileSync(path, csvOf({ records, cards: records / 20 }));
  report(path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function report(path: string): void {
  const all = perRecord(path);
  console.log(`rules=${TWELVE.length} instructions_per_record=${all.toFixed(0)}`);
  for (const rule of values.rules === 'all' ? TWELVE : values.rules.split(',')) {
    const without = perRecord(path, rule);
    const more = all - without;
    console.log(
      `${rule}: ${more.toFixed(0)} instructions more, ${((100 * more) / without).toFixed(1)} % of ${without.toFixed(0)}`,
    );
  }
  const without = perRecord(path, values.throws);
  const thrown = perRecord(path, '-', values.throws);
  const costs = ((100 * (thrown - without)) / without).toFixed(1);
  console.log(`${values.throws} that throws on every batch: ${costs} % against its absence`);
}

function perRecord(path: string, without = '-', throwing = '-'): number {
  const [short, long] = [half, records].map(most => counted([path, without, throwing, String(most)]));
  return ((long as number) - (short as number)) / (records - half);
}

/** Instructions of a run; one thread, so that they are the same ones each time. */
function counted(run: readonly string[]): number {
  const told = execFileSync(
    'sh',
    [
      '-c',
      'exec valgrind --tool=callgrind --callgrind-out-file=/dev/null "$0" --predictable --random-seed=1 --hash-seed=1 "$@" 2>&1',
      process.execPath,
      script,
      ...run,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const hits = /^hits .*$/m.exec(told)?.[0];
  const count = /Collected : (\d+)/.exec(told)?.[1];
  if (hits === undefined || count === undefined) throw new Error(`nothing counted: ${told.slice(-400)}`);
  if (run[3] === String(records)) console.log(hits);
  return Number(count);
}
