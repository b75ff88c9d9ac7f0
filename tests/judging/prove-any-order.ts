/** Proves on more orders than a test run has time for: `node prove-any-order.ts [orders] [first seed]`. */
import { tryOrders } from './any-order.ts';
import { shippedIds, shippedRule } from './world.ts';

const orders = Number(process.argv[2] ?? 1000);
const firstSeed = Number(process.argv[3] ?? 1);
const rules = shippedIds.map(shippedRule);
const started = performance.now();
const trial = tryOrders(rules, orders, firstSeed);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(
  `${trial.orders} orders of ${trial.records} records: ${trial.standing} findings stand, ` +
    `${trial.judgedAgain} keys judged again, ${trial.withdrawn} withdrawn, ${trial.reinstated} reinstated, ` +
    `${trial.faults.length} faults, ${seconds} s\n`,
);
for (const fault of trial.faults) process.stdout.write(`${fault}\n`);
process.exitCode = trial.faults.length === 0 ? 0 : 1;
