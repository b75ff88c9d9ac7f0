/** What `bench/instructions.ts` counts: `counted-run.ts <CSV> <rule left out or -> <rule that throws or -> <records>`. */
import { readFileSync } from 'node:fs';
import { judgeArrays, openArrays } from './arrays.ts';
import { twelveRules } from './rules.ts';

const [path = '', without = '-', throwing = '-', most = ''] = process.argv.slice(2);
const rules = twelveRules().filter(rule => rule.id !== without);
const { judge, hits } = openArrays(rules);
const planted = throwing === '-' ? undefined : judge.arrayOf(throwing);
for (const { operator } of planted?.layout.moved ?? [])
  operator.move = () => {
    throw new RangeError('planted');
  };
judgeArrays(judge, readFileSync(path), Number(most));
const errors = [...(planted?.tally.errors ?? [])].map(([at, count]) => `${at}=${count}`);
console.log(
  `hits ${rules.map((rule, n) => `${rule.id}=${hits.counts[n]}`).join(' ')} errors ${errors.join(' ')}`,
);
