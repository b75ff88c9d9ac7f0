import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { type FactChange, type Fleet, makeFleet } from './fleet.ts';
import { type MemoryCorridor, openMemoryCorridor } from './memory-corridor.ts';
import { type Seeded, seeded } from './seeded.ts';

/** How one run brings the fleet's records and facts. */
interface Batch {
  readonly records: Observation[];
  readonly facts: FactChange[];
}

/** All facts, then all records in order, each once. */
export function sortedRun(
  rules: readonly Rule[],
  fleet: Fleet,
  watermarkMs: number | null = null,
): MemoryCorridor {
  const corridor = openMemoryCorridor(rules);
  corridor.accept({ facts: fleet.facts });
  corridor.accept({ records: [...fleet.records].sort(compareObservations) });
  if (watermarkMs !== null) corridor.tick(watermarkMs);
  return corridor;
}

/** The same in an order of the seed's own: shuffled or delayed, in batches, with records repeated and facts late. */
export function disorderedRun(
  rules: readonly Rule[],
  fleet: Fleet,
  seed: number,
  watermarkMs: number | null = null,
): MemoryCorridor {
  const corridor = openMemoryCorridor(rules);
  const batches = disorder(fleet, seeded(seed));
  // The watermark comes before the last batch, so that a silence is found and a late record refutes it.
  for (const [i, batch] of batches.entries()) {
    if (i === batches.length - 1 && watermarkMs !== null) corridor.tick(watermarkMs);
    corridor.accept(batch);
  }
  return corridor;
}

export function disorder(fleet: Fleet, chance: Seeded): Batch[] {
  const count = 2 + chance.below(5);
  const batches = Array.from({ length: count }, (): Batch => ({ records: [], facts: [] }));
  const isShuffled = chance.oneIn(2);
  const inOrder = [...fleet.records].sort(compareObservations);
  for (const [i, record] of inOrder.entries()) {
    const onTime = Math.floor((i / inOrder.length) * count);
    const delay = chance.oneIn(20) ? chance.below(count) : 0;
    place(batches, isShuffled ? chance.below(count) : onTime + delay, record);
    if (chance.oneIn(15)) place(batches, chance.below(count), record);
  }
  for (const fact of fleet.facts) {
    const at = chance.oneIn(3) ? chance.below(count) : 0;
    (batches[at] as Batch).facts.push(fact);
  }
  return batches.map(({ records, facts }) => ({
    records: chance.shuffle(records),
    facts: chance.shuffle(facts),
  }));
}

function place(batches: readonly Batch[], at: number, record: Observation): void {
  (batches[Math.min(at, batches.length - 1)] as Batch).records.push(record);
}

/** What differs between the two, as sentences; empty when totals and standing findings are the same. */
export function differences(expected: MemoryCorridor, found: MemoryCorridor): string[] {
  const faults: string[] = [];
  const standing = new Set(found.standing());
  const wanted = new Set(expected.standing());
  for (const id of wanted) if (!standing.has(id)) faults.push(`finding ${id} is missing`);
  for (const id of standing) if (!wanted.has(id)) faults.push(`finding ${id} should not stand`);
  if (JSON.stringify(expected.totals()) !== JSON.stringify(found.totals())) faults.push('totals differ');
  return faults;
}

export interface OrderTrial {
  readonly orders: number;
  readonly records: number;
  readonly standing: number;
  readonly withdrawn: number;
  readonly reinstated: number;
  readonly judgedAgain: number;
  /** The first fault of each order that went wrong, with its seed. */
  readonly faults: readonly string[];
}

/** Runs the fleet in that many orders against the sorted run. */
export function tryOrders(
  rules: readonly Rule[],
  orders: number,
  firstSeed: number,
  watermarkMs: number | null = null,
): OrderTrial {
  const fleet = makeFleet(1);
  const expected = sortedRun(rules, fleet, watermarkMs);
  const sum = { withdrawn: 0, reinstated: 0, judgedAgain: 0 };
  const faults: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + orders; seed += 1) {
    const found = disorderedRun(rules, fleet, seed, watermarkMs);
    const [fault] = differences(expected, found);
    if (fault !== undefined) faults.push(`order ${seed}: ${fault}`);
    sum.withdrawn += found.history.withdrawn;
    sum.reinstated += found.history.reinstated;
    sum.judgedAgain += found.history.judgedAgain;
  }
  return { orders, records: fleet.records.length, standing: expected.standing().length, ...sum, faults };
}
