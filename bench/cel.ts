/**
 * Compiled CEL against closures written by hand and against @marcbachmann/cel-js: twelve predicates over a
 * million records. Every side is warm, takes turns in this run, and must count the same hits.
 */
import { Environment } from '@marcbachmann/cel-js';
import { moduleCopies } from '../server/src/kernel/module-copy.ts';
import { type CelProgram, isCelFault, planCel, sharedClosures } from '../server/src/spine/rules/cel/index.ts';
import { HAND_WRITTEN, PREDICATES, type Row, rows, SCOPE } from './cel-predicates.ts';

const RECORDS = 1_000_000;
/** The peer is some twenty times slower; it judges the first part of the same records. */
const PEER_RECORDS = 50_000;
const ROUNDS = 9;

type Judge = (row: Row) => unknown;

const copies = moduleCopies(
  new URL('../server/src/spine/rules/cel/closures.ts', import.meta.url).href,
  sharedClosures,
  200,
);
const records = rows(RECORDS);
const compiled: Judge[] = [];
for (const [index, source] of PREDICATES.entries())
  compiled.push((await armed(source, `rule-${index}`)).evaluate);
const shared: Judge[] = PREDICATES.map(source => planned(source).build(() => sharedClosures).evaluate);
const peer = peers();
const peerRecords = records.slice(0, PEER_RECORDS).map(forPeer);

const wanted = hits(HAND_WRITTEN, records);
for (const judges of [compiled, shared]) mustEqual(hits(judges, records), wanted);
mustEqual(hits(peer, peerRecords), hits(compiled, records.slice(0, PEER_RECORDS)));

const ratios: number[] = [];
const sharedRatios: number[] = [];
const peerRatios: number[] = [];
let handMs = 0;
for (let round = 0; round < ROUNDS; round++) {
  const hand = cpuMs(() => hits(HAND_WRITTEN, records));
  const ours = cpuMs(() => hits(compiled, records));
  const oneCopy = cpuMs(() => hits(shared, records));
  const theirs = cpuMs(() => hits(peer, peerRecords)) * (RECORDS / PEER_RECORDS);
  handMs = hand;
  ratios.push(hand / ours);
  sharedRatios.push(hand / oneCopy);
  peerRatios.push(theirs / ours);
}

console.log(`predicates=${PREDICATES.length} records=${RECORDS} hits=${wanted.join(',')}`);
console.log(`closure_ms=${handMs.toFixed(0)} copies=${copies.made}`);
console.log(`rounds cel/closure ${ratios.map(ratio => ratio.toFixed(2)).join(' ')}`);
console.log(`one shared copy, median ${median(sharedRatios).toFixed(2)}`);
console.log(`ratio cel/closure=${median(ratios).toFixed(2)}`);
console.log(`ratio cel/cel-js=${median(peerRatios).toFixed(2)}`);

async function armed(source: string, rule: string): Promise<CelProgram> {
  const plan = planned(source);
  const own = new Map<string, typeof sharedClosures>();
  for (const key of plan.copies) own.set(key, await copies.take(key.startsWith('#') ? `${rule}${key}` : key));
  return plan.build(key => own.get(key) ?? sharedClosures);
}

function planned(source: string) {
  const plan = planCel(source, SCOPE);
  if (isCelFault(plan)) throw new Error(`${source}: ${plan.message}`);
  return plan;
}

/** The peer's programs. It throws where a field is absent; a judging loop must catch that for each rule and record. */
function peers(): ((row: unknown) => unknown)[] {
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  return PREDICATES.map(source => {
    const program = environment.parse(source);
    return row => {
      try {
        return program(row as Record<string, unknown>);
      } catch {
        return undefined;
      }
    };
  });
}

/** The same record with ints as the peer wants them and absent fields left out. */
function forPeer(row: Row): Row {
  const fields = (of: object) =>
    Object.fromEntries(
      Object.entries(of)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => [name, typeof value === 'number' ? BigInt(value) : value]),
    );
  return { observation: fields(row.observation), bound: fields(row.bound) } as unknown as Row;
}

function hits(judges: readonly Judge[], over: readonly Row[]): number[] {
  return judges.map(judge => {
    let count = 0;
    for (const row of over) if (judge(row) === true) count++;
    return count;
  });
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function mustEqual(got: readonly number[], expected: readonly number[]): void {
  if (got.join() !== expected.join())
    throw new Error(`hits differ: ${got.join()} against ${expected.join()}`);
}
