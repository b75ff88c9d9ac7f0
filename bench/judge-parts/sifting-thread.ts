/** One partition of the twelve rules in a thread: sifts its share of the bytes, judges its share of the cards. */
import { answerAsks } from '../../server/src/kernel/threads.ts';
import { openArrays } from './arrays.ts';
import type { Hits } from './data.ts';
import { twelveRules } from './rules.ts';
import { type Sift, sift } from './sift.ts';

const rules = twelveRules();

export interface Sifted {
  readonly hits: Hits;
  /** CPU time of this thread alone. */
  readonly cpuSeconds: number;
}

await answerAsks<null, Sift, Sifted>(() => ask => {
  const before = process.threadCpuUsage();
  const { judge, hits } = openArrays(rules);
  sift(judge, ask);
  const { user, system } = process.threadCpuUsage(before);
  return { hits, cpuSeconds: (user + system) / 1e6 };
});
