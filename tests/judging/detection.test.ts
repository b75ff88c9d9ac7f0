import { describe, expect, it } from 'vitest';
import { effort } from '../prove.ts';
import { everyGuard, everyRule, proveSeed, type SeedProof, verdictOf } from './detection-proof.ts';

const trial = { cards: effort(600, 5_000), days: effort(10, 35) };

describe('the shipped rules on simulated fleets', () => {
  const proofs: SeedProof[] = [];

  it('find every planted misuse and no look-alike, with every guard and every operator at work', () => {
    for (let seed = 1; seed <= effort(2, 5); seed += 1) proofs.push(proveSeed({ ...trial, seed }));
    const verdict = verdictOf(proofs);
    expect(verdict.faults).toEqual([]);
    expect(verdict.planted).toBeGreaterThan(effort(50, 600));
  });

  it('were each judged out of order and over records told twice', () => {
    for (const { toldAgain, judgedAgain } of proofs)
      expect([toldAgain > 0, judgedAgain > 0]).toEqual([true, true]);
  });

  it('are each met by misuse of their own, and each guard by a look-alike of its own', () => {
    const { truth } = proofs[0] as SeedProof;
    expect(new Set(truth.cases.map(each => each.rule))).toEqual(new Set(everyRule));
    const guards = truth.lookAlikes.flatMap(({ rule, guard }) =>
      guard === null ? [] : [`${rule} ${guard}`],
    );
    expect(new Set(guards)).toEqual(new Set(everyGuard));
  });

  it('would be seen to fail: a missed case, an alarm, an idle guard and two like operators are each a fault', () => {
    const [proof] = proofs as [SeedProof];
    const { score, hits } = proof;
    const [operator = '', other = ''] = [...hits.keys()];
    const same = new Map([...hits, [other, hits.get(operator) ?? new Set<string>()]]);
    const faultsOf = (change: Partial<SeedProof>) => verdictOf([{ ...proof, ...change }]).faults;
    // As few as are too many: 0.99 of the planted cases must be found.
    const missed = Math.floor(score.planted * 0.01) + 1;
    expect(faultsOf({ score: { ...score, detected: score.planted - missed } })).toHaveLength(1);
    expect(faultsOf({ score: { ...score, falseAlarms: 1 } })).toEqual(['1 false alarms']);
    expect(faultsOf({ guards: new Map([...proof.guards].slice(1)) })).toHaveLength(1);
    expect(faultsOf({ rules: new Set([...proof.rules].slice(1)) })).toHaveLength(1);
    expect(faultsOf({ hits: same })).toContain(`never told apart: ${operator} and ${other}`);
  });
});
