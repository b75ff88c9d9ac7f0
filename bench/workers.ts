/**
 * Twelve rules over one CSV by two threads, each with half of the cards, against one thread, by wall time.
 *
 * One thread runs twice, in the plain loop of `judge` and as the only one of the sifting threads; the faster
 * of the two counts. CPU times say how much of the wall time was waiting for a core.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openThread, type Thread } from '../server/src/kernel/threads.ts';
import { judgeArrays, openArrays } from './judge-parts/arrays.ts';
import { csvOf, type Hits } from './judge-parts/data.ts';
import { twelveRules } from './judge-parts/rules.ts';
import { type Sift, siftsOf } from './judge-parts/sift.ts';
import type { Sifted } from './judge-parts/sifting-thread.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1500000' },
    cards: { type: 'string', default: '75000' },
    rounds: { type: 'string', default: '7' },
  },
});
const PARTS = 2;
const plan = { records: Number(values.records), cards: Number(values.cards) };
const file = sharedCopy(csvOf(plan));
const rules = twelveRules();
const entry = new URL('./judge-parts/sifting-thread.ts', import.meta.url);
type Worker = Thread<Sift, Sifted>;
const threads: readonly Worker[] = Array.from({ length: PARTS }, (_, part) =>
  openThread<Sift, Sifted>(entry, { name: `partition/${part}`, data: null }),
);

interface Run {
  readonly hits: Hits;
  readonly seconds: number;
  /** CPU time of the busiest thread: what the wall time is where nobody else wants the cores. */
  readonly cpuSeconds: number;
}

const rounds: { readonly wall: number; readonly cpu: number }[] = [];
for (let round = 0; round <= Number(values.rounds); round += 1) {
  const plain = await timed(byPlainLoop);
  const alone = await timed(() => byThreads(1));
  const two = await timed(() => byThreads(PARTS));
  const one = plain.seconds < alone.seconds ? plain : alone;
  const isEqual = new Set([plain, alone, two].map(({ hits }) => JSON.stringify(hits))).size === 1;
  if (!isEqual || one.hits.counts.some(count => count === 0))
    throw new Error(`hits differ or are missing: ${JSON.stringify([plain.hits, alone.hits, two.hits])}`);
  const ratio = { wall: one.seconds / two.seconds, cpu: one.cpuSeconds / two.cpuSeconds };
  const name = round === 0 ? 'warming' : `round ${round}`;
  console.log(
    `${name}: plain loop ${said(plain)}, one thread ${said(alone)}, two ${said(two)}, wall x${ratio.wall.toFixed(2)}, CPU x${ratio.cpu.toFixed(2)}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  if (round > 0) rounds.push(ratio);
  else console.log(`hits of each rule, equal in every round: ${one.hits.counts.join(' ')}`);
}
for (const thread of threads) await thread.close();
console.log(`one thread's CPU over the busier of two: x${median(rounds.map(({ cpu }) => cpu)).toFixed(2)}`);
console.log(`ratio workers/1=${median(rounds.map(({ wall }) => wall)).toFixed(2)}`);

/** One thread that reads the file line after line, in the loop of the judging benchmark. */
async function byPlainLoop(): Promise<Omit<Run, 'seconds'>> {
  const before = process.threadCpuUsage();
  const { judge, hits } = openArrays(rules);
  judgeArrays(judge, file);
  const { user, system } = process.threadCpuUsage(before);
  return { hits, cpuSeconds: (user + system) / 1e6 };
}

async function byThreads(parts: number): Promise<Omit<Run, 'seconds'>> {
  const shares = siftsOf(new Uint8Array(file.buffer), parts);
  const all = await Promise.all(shares.map((share, part) => (threads[part] as Worker).ask(share)));
  const sumOf = (of: (hits: Hits) => number): number => all.reduce((sum, { hits }) => sum + of(hits), 0);
  const hits = {
    counts: rules.map((_, r) => sumOf(({ counts }) => counts[r] as number)),
    sums: rules.map((_, r) => sumOf(({ sums }) => sums[r] as number) % 1_000_000_007),
  };
  return { hits, cpuSeconds: Math.max(...all.map(({ cpuSeconds }) => cpuSeconds)) };
}

async function timed(run: () => Promise<Omit<Run, 'seconds'>>): Promise<Run> {
  globalThis.gc?.();
  const began = performance.now();
  const done = await run();
  return { ...done, seconds: (performance.now() - began) / 1000 };
}

function said({ seconds, cpuSeconds }: Run): string {
  return `${Math.round(plan.records / seconds / 1000)} k/s (${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s)`;
}

function median(of: readonly number[]): number {
  return of.toSorted((a, b) => a - b)[of.length >> 1] as number;
}

/** In memory that threads may share: `Buffer` so that one thread reads it as it reads any file. */
function sharedCopy(bytes: Buffer): Buffer {
  const copy = Buffer.from(new SharedArrayBuffer(bytes.length));
  bytes.copy(copy);
  return copy;
}
