/**
 * Compiled CEL against closures written by hand and against @marcbachmann/cel-js: twelve predicates over a
 * million records. Every side is warm, takes turns in this run, and must count the same hits.
 */
import { Environment } from '@marcbachmann/cel-js';
import { moduleCopies } from '../server/src/kernel/module-copy.ts';
import { armCel, isCelFault, planCel, sharedClosures } from '../server/src/spine/rules/cel/index.ts';
import { HAND_WRITTEN, PREDICATES, type Row, rows, SCOPE } from './cel-predicates.ts';

const RECORDS = 1_000_000;
/** The peer is some ten times slower; it judges the first part of the same records. */
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
  compiled.push((await armCel(planned(source), `rule-${index}`, copies.take)).evaluate);
const shared: Judge[] = PREDICATES.map(source => planned(source).build(() => sharedClosures).evaluate);
const peer = peers();
// The peer throws where a field is absent, and catching costs it more than judging: complete records are its best case.
const some = records.slice(0, PEER_RECORDS);
const complete = records.filter(isComplete).slice(0, PEER_RECORDS);
const [someForPeer, completeForPeer] = [some.map(forPeer), complete.map(forPeer)];

const wanted = hits(HAND_WRITTEN, records);
for (const judges of [compiled, shared]) mustEqual(hits(judges, records), wanted);
mustEqual(hits(peer, someForPeer), hits(compiled, some));
mustEqual(hits(peer, completeForPeer), hits(compiled, complete));

const ratios: number[] = [];
const sharedRatios: number[] = [];
const peerRatios: number[] = [];
const absenceRatios: number[] = [];
let handMs = 0;
for (let round = 0; round < ROUNDS; round++) {
  handMs = cpuMs(() => hits(HAND_WRITTEN, records));
  const ours = cpuMs(() => hits(compiled, records));
  ratios.push(handMs / ours);
  sharedRatios.push(handMs / cpuMs(() => hits(shared, records)));
  const scale = RECORDS / PEER_RECORDS;
  peerRatios.push((cpuMs(() => hits(peer, completeForPeer)) * scale) / ours);
  absenceRatios.push((cpuMs(() => hits(peer, someForPeer)) * scale) / ours);
}

console.log(`predicates=${PREDICATES.length} records=${RECORDS} hits=${wanted.join(',')}`);
console.log(`closure_ms=${handMs.toFixed(0)} copies=${copies.made}`);
console.log(`rounds cel/closure ${ratios.map(ratio => ratio.toFixed(2)).join(' ')}`);
console.log(`one shared copy for all rules, median ${median(sharedRatios).toFixed(2)}`);
console.log(`against cel-js where fields are absent, median ${median(absenceRatios).toFixed(2)}`);
console.log(`ratio cel/closure=${median(ratios).toFixed(2)}`);
console.log(`ratio cel/cel-js=${median(peerRatios).toFixed(2)}`);

function planned(source: string) {
  const plan = planCel(source, SCOPE);
  if (isCelFault(plan)) throw new Error(`${source}: ${plan.message}`);
  return plan;
}

/** The peer's programs. It throws where a field is absent; a judging loop must catch that for each rule and record. */
function peers(): ((row: unknown) => unknown)[] {
  const environment = new Environment()
    .registerVariable('observation', 'map<string, dyn>')
    .registerVariable('bound', 'map<string, dyn>');
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

function isComplete(row: Row): boolean {
  return [...Object.values(row.observation), ...Object.values(row.bound)].every(value => value !== null);
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
