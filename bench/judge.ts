/**
 * Twelve rules over two million records of 100,000 cards, CSV bytes to findings, against what else one might
 * pick: records judged for each second of CPU, all threads counted.
 *
 * - object: plain TypeScript, an object for each card and a closure for each rule, over the same CSV.
 * - json-rules-engine: the object side's parsing and state, its own conditions. It is slow, so both judge a
 *   part of the cards alone, with all their records.
 * - duckdb: loads the CSV into a table with all its columns, then works out four windows in one query
 *   (`judge-parts/duckdb.ts`); the better of one thread and its own choice counts. `judge/duckdb` is the goal of the
 *   engine sheet (G-5): ours reads the same file and judges all twelve rules record by record meanwhile. Like for
 *   like, ours judges the four rules of those windows alone: `judge/duckdb-four-rules`.
 *
 * All are warm, take turns in this run, and must find the same.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ArrayJudge } from '../server/src/spine/rules/arrays/array-judge.ts';
import { judgeArrays, openArrays } from './judge-parts/arrays.ts';
import { csvOf, type Hits } from './judge-parts/data.ts';
import { FOUR, type FourHits, judgeDuckdb, openFour } from './judge-parts/duckdb.ts';
import { judgeJsonRules } from './judge-parts/json-rules.ts';
import { byTurns, median, mustEqual } from './judge-parts/measure.ts';
import { judgeObjects } from './judge-parts/objects.ts';
import { twelveRules } from './judge-parts/rules.ts';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '2000000' },
    cards: { type: 'string', default: '' },
    part: { type: 'string', default: '40000' },
    rounds: { type: 'string', default: '5' },
  },
});
const records = Number(values.records);
const cards = Number(values.cards) || records / 20;
const rounds = Number(values.rounds);

const rules = twelveRules();
const four = rules.filter(rule => (FOUR as readonly string[]).includes(rule.id));
/**
 * The judge of the last run, by the number of its rules. In a house it lives on; were it collected here between
 * two runs, the engine would throw away the code it had optimized for it.
 */
const kept = new Map<number, ArrayJudge>();
const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
try {
  await bench(join(folder, 'use.csv'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function bench(path: string): Promise<void> {
  const csv = csvOf({ records, cards });
  const part = partOf(csv, Math.max(1_000, Math.round((Number(values.part) / records) * cards)));
  writeFileSync(path, csv);
  const ours = arrays(csv);
  console.log(`records=${linesOf(csv)} cards=${cards} csv_bytes=${csv.length} rules=${rules.length}`);
  console.log(`hits=${ours.hits.counts.join(',')} bytes_per_card=${(ours.sizeBytes / cards).toFixed(0)}`);
  if (ours.hits.counts.includes(0)) throw new Error('a rule never fired');
  mustEqual('object', judgeObjects(csv), ours.hits);
  mustEqual('json-rules-engine', await judgeJsonRules(part), arrays(part).hits);
  const wanted = fourByArrays(path, rules);
  mustEqual('four rules alone', fourByArrays(path, four), wanted);
  for (const threads of [1, null]) mustEqual('duckdb', await judgeDuckdb(path, threads), wanted);

  const small = await byTurns(rounds, { ours: () => arrays(part), theirs: () => judgeJsonRules(part) });
  const large = await byTurns(rounds, {
    ours: () => mustEqual('ours', arrays(csv).hits, ours.hits),
    object: () => mustEqual('object', judgeObjects(csv), ours.hits),
    fromFile: () => mustEqual('ours', fourByArrays(path, rules), wanted),
    fourFromFile: () => mustEqual('ours', fourByArrays(path, four), wanted),
    duckdbOne: async () => mustEqual('duckdb', await judgeDuckdb(path, 1), wanted),
    duckdbOwn: async () => mustEqual('duckdb', await judgeDuckdb(path, null), wanted),
  });

  const [one, own] = [median(large.duckdbOne), median(large.duckdbOwn)];
  const duckdb = one < own ? large.duckdbOne : large.duckdbOwn;
  rate('ours', large.ours, records);
  rate('object', large.object, records);
  rate(`ours, ${linesOf(part)} records`, small.ours, linesOf(part));
  rate('json-rules-engine', small.theirs, linesOf(part));
  rate('ours, file to findings', large.fromFile, records);
  rate('ours, the four rules alone', large.fourFromFile, records);
  rate('duckdb, one thread', large.duckdbOne, records);
  rate('duckdb, its own choice', large.duckdbOwn, records);
  console.log(`ratio judge/object=${ratio(large.ours, large.object)}`);
  console.log(`ratio judge/json-rules-engine=${ratio(small.ours, small.theirs)}`);
  console.log('duckdb: CSV into a table, then four windows; equal hits; CPU of all threads on both sides');
  console.log(`ratio judge/duckdb=${ratio(large.fromFile, duckdb)} (all twelve rules of ours)`);
  console.log(`ratio judge/duckdb-four-rules=${ratio(large.fourFromFile, duckdb)} (like for like)`);
}

function arrays(csv: Buffer): { hits: Hits; sizeBytes: number } {
  const { judge, hits } = openArrays(rules);
  judgeArrays(judge, csv);
  kept.set(rules.length, judge);
  return { hits, sizeBytes: judge.sizeBytes };
}

function fourByArrays(path: string, armed: typeof rules): FourHits {
  const found = openFour();
  const { judge } = openArrays(armed, verdict => found.add(verdict));
  judgeArrays(judge, readFileSync(path));
  kept.set(armed.length, judge);
  return found.metRate(judge.arrayOf('ten-minute-rate')?.tally.met ?? 0);
}

/** All records of the first cards. */
function partOf(csv: Buffer, first: number): Buffer {
  const lines = csv.toString('latin1').split('\n');
  return Buffer.from(
    lines.filter((line, i) => i === 0 || line === '' || Number(line.slice(7, 19)) < first).join('\n'),
  );
}

function linesOf(csv: Buffer): number {
  let lines = -1;
  for (let at = csv.indexOf(10); at >= 0; at = csv.indexOf(10, at + 1)) lines += 1;
  return lines;
}

function rate(name: string, seconds: readonly number[], judged: number): void {
  const thousands = judged / median(seconds) / 1_000;
  const range = `${(judged / Math.max(...seconds) / 1_000).toFixed(1)}–${(judged / Math.min(...seconds) / 1_000).toFixed(1)}`;
  console.log(`${name}: ${thousands.toFixed(1)} k records per CPU-second (${range})`);
}

/** Theirs by ours, round by round, the middle one. */
function ratio(ours: readonly number[], theirs: readonly number[]): string {
  return median(ours.map((seconds, round) => (theirs[round] as number) / seconds)).toFixed(2);
}
