/** Twelve rules over one CSV by two threads, each with half of the cards, against one thread alone, by wall time. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openThread } from '../server/src/kernel/threads.ts';
import { copiesFor, judgeArrays, openArrays } from './judge-parts/arrays.ts';
import { csvOf, type Hits } from './judge-parts/data.ts';
import { twelveRules } from './judge-parts/rules.ts';
import { type Sift, siftsOf } from './judge-parts/sift.ts';

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
const copyFor = await copiesFor(rules);
const entry = new URL('./judge-parts/sifting-thread.ts', import.meta.url);
const threads = Array.from({ length: PARTS }, (_, part) =>
  openThread<Sift, Hits>(entry, { name: `partition/${part}`, data: null }),
);

const ratios: number[] = [];
const seconds: [number, number][] = [];
for (let round = 0; round <= Number(values.rounds); round += 1) {
  const one = await timed(byOne);
  const two = await timed(byThreads);
  const isEqual = JSON.stringify(one.hits) === JSON.stringify(two.hits);
  if (!isEqual || one.hits.counts.some(count => count === 0))
    throw new Error(`hits differ or are missing: ${JSON.stringify([one.hits, two.hits])}`);
  const load = loadavg()[0]?.toFixed(2);
  console.log(
    `${round === 0 ? 'warming' : `round ${round}`}: one ${rate(one.seconds)}, two ${rate(two.seconds)}, x${(one.seconds / two.seconds).toFixed(2)}, load ${load}`,
  );
  if (round === 0) continue;
  ratios.push(one.seconds / two.seconds);
  seconds.push([one.seconds, two.seconds]);
}
for (const thread of threads) await thread.close();

const best = (side: 0 | 1): number => Math.min(...seconds.map(pair => pair[side]));
console.log(`hits equal in every round: ${(await byOneHits()).join(' ')}`);
console.log(
  `quietest round of each: one ${rate(best(0))}, two ${rate(best(1))}, x${(best(0) / best(1)).toFixed(2)}`,
);
console.log(`ratio workers/1=${median(ratios).toFixed(2)}`);

async function byOne(): Promise<Hits> {
  const { judge, hits } = openArrays(rules, copyFor);
  judgeArrays(judge, file);
  return hits;
}

async function byOneHits(): Promise<number[]> {
  return (await byOne()).counts;
}

async function byThreads(): Promise<Hits> {
  const shares = siftsOf(new Uint8Array(file.buffer), PARTS);
  const all = await Promise.all(threads.map((thread, part) => thread.ask(shares[part] as Sift)));
  return {
    counts: rules.map((_, r) => all.reduce((sum, hits) => sum + (hits.counts[r] as number), 0)),
    sums: rules.map((_, r) => all.reduce((sum, hits) => sum + (hits.sums[r] as number), 0) % 1_000_000_007),
  };
}

async function timed(run: () => Promise<Hits>): Promise<{ hits: Hits; seconds: number }> {
  globalThis.gc?.();
  const began = performance.now();
  const hits = await run();
  return { hits, seconds: (performance.now() - began) / 1000 };
}

function rate(time: number): string {
  return `${Math.round(plan.records / time / 1000)} k/s (${time.toFixed(2)} s)`;
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
