import type { Late } from '../rules/arrays/array-judge.ts';
import type { ArrayTally } from '../rules/arrays/array-rule.ts';
import type { Verdict } from '../rules/judge-key.ts';
import type { Judged } from './partition.ts';

/** What the partitions' answers come to together: the same whichever of them answered first. */
export function gathered(
  answers: readonly { readonly verdicts: readonly Verdict[]; readonly late: Late | null }[],
): Judged {
  const subjects = new Map<string, number>();
  const fieldKeys = new Map<string, Map<string, number>>();
  for (const { late } of answers) {
    for (const [ruleId, keys] of late?.fieldKeys ?? []) {
      const known = fieldKeys.get(ruleId) ?? new Map<string, number>();
      for (const [key, ms] of keys) known.set(key, ms);
      fieldKeys.set(ruleId, known);
    }
    for (const [subject, ms] of late?.subjects ?? []) subjects.set(subject, ms);
  }
  const verdicts = answers.flatMap(answer => [...answer.verdicts]).sort(byMoment);
  return { verdicts, late: { subjects, fieldKeys } };
}

export function tallied(answers: readonly (readonly [string, ArrayTally][])[]): Map<string, ArrayTally> {
  const sums = new Map<string, ArrayTally>();
  for (const [id, tally] of answers.flat()) {
    const sum = sums.get(id) ?? { judged: 0, met: 0, passedOver: 0, errors: new Map(), silenced: new Map() };
    sum.judged += tally.judged;
    sum.met += tally.met;
    sum.passedOver += tally.passedOver;
    add(sum.errors, tally.errors);
    add(sum.silenced, tally.silenced);
    sums.set(id, sum);
  }
  return sums;
}

function add(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
}

function byMoment(a: Verdict, b: Verdict): number {
  return a.observedAtMs - b.observedAtMs || (a.findingId < b.findingId ? -1 : 1);
}
