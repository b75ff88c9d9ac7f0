/**
 * What a rule more costs: instructions for each record with eleven of the twelve rules and with all of them,
 * counted by valgrind's callgrind.
 *
 * Two runs over the same file, to a half of it and to its end, are counted and their difference taken, so that
 * starting, compiling, warming and meeting cards for the first time fall away. Instructions of reading the CSV are
 * among them, as they are of judging a record. The figure depends on the rule: each is named. A rule that throws on
 * every batch is counted too.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { csvOf } from './judge-parts/data.ts';
import { TWELVE } from './judge-parts/rules.ts';

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: 'all' },
    throws: { type: 'string', default: 'day-cap' },
    records: { type: 'string', default: '600000' },
  },
});
const script = join(import.meta.dirname, 'judge-parts', 'counted-run.ts');
const records = Number(values.records);
const half = Math.floor(records / 2);
const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
try {
  const path = join(folder, 'use.csv');
  writeFileSync(path, csvOf({ records, cards: records / 20 }));
  await report(path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Counts are the same whatever else runs, so several are taken at once. */
async function report(path: string): Promise<void> {
  const named = values.rules === 'all' ? TWELVE : values.rules.split(',');
  const withoutOne = new Map<string, number>();
  let all = 0;
  let thrown = 0;
  const counts = [
    async () => {
      all = await perRecord(path);
    },
    ...[...new Set([values.throws, ...named])].map(rule => async () => {
      withoutOne.set(rule, await perRecord(path, rule));
    }),
    async () => {
      thrown = await perRecord(path, '-', values.throws);
    },
  ];
  const lane = async (): Promise<void> => {
    for (let next = counts.shift(); next !== undefined; next = counts.shift()) await next();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));

  console.log(`rules=${TWELVE.length} instructions_per_record=${all.toFixed(0)}`);
  const shares = named.map(rule => {
    const without = withoutOne.get(rule) as number;
    const share = (100 * (all - without)) / without;
    console.log(
      `${rule}: ${(all - without).toFixed(0)} instructions more, ${share.toFixed(1)} % of ${without.toFixed(0)}`,
    );
    return share;
  });
  console.log(`a rule more costs at most ${Math.max(...shares).toFixed(1)} %`);
  const without = withoutOne.get(values.throws) as number;
  const costs = ((100 * (thrown - without)) / without).toFixed(1);
  console.log(`${values.throws} that throws on every batch: ${costs} % against its absence`);
}

async function perRecord(path: string, without = '-', throwing = '-'): Promise<number> {
  const short = await counted([path, without, throwing, String(half)]);
  const long = await counted([path, without, throwing, String(records)]);
  return (long - short) / (records - half);
}

/** Instructions of a run; one thread, so that they are the same ones each time. */
async function counted(args: readonly string[]): Promise<number> {
  const { stdout: told } = await run(
    'sh',
    [
      '-c',
      'exec valgrind --tool=callgrind --callgrind-out-file=/dev/null "$0" --predictable --random-seed=1 --hash-seed=1 "$@" 2>&1',
      process.execPath,
      script,
      ...args,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const hits = /^hits .*$/m.exec(told)?.[0];
  const count = /Collected : (\d+)/.exec(told)?.[1];
  if (hits === undefined || count === undefined) throw new Error(`nothing counted: ${told.slice(-400)}`);
  if (args[3] === String(records)) console.log(hits);
  return Number(count);
}
