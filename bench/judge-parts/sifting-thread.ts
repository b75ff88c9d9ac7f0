/** One partition of the twelve rules in a thread: sifts its share of the bytes, judges its share of the cards. */
import { answerAsks } from '../../server/src/kernel/threads.ts';
import { copiesFor, openArrays } from './arrays.ts';
import type { Hits } from './data.ts';
import { twelveRules } from './rules.ts';
import { type Sift, sift } from './sift.ts';

const rules = twelveRules();
const copyFor = await copiesFor(rules);

await answerAsks<null, Sift, Hits>(() => ask => {
  const { judge, hits } = openArrays(rules, copyFor);
  sift(judge, ask);
  return hits;
});
