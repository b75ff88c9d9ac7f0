import { describe, expect, it } from 'vitest';
import { judgeKey } from '../../server/src/spine/rules/judge-key.ts';
import { effort } from '../prove.ts';
import { differences, disorderedRun, sortedRun } from './any-order.ts';
import { engineRuleIds, engineRules, trialSetting } from './engine-rules.ts';
import { makeFlows } from './flow-fleet.ts';
import { termsAt } from './memory-corridor.ts';
import { trialWorld } from './world.ts';

const rules = engineRules(trialSetting);
const fleet = makeFlows(1);

/** The records that complete a finding, by rule. */
function completed(): Map<string, Set<string>> {
  const keys = Map.groupBy(fleet.records, ({ claim }) => claim);
  return new Map(
    rules.map(rule => {
      const found = new Set<string>();
      for (const [key, observations] of keys) {
        const facts = fleet.facts.filter(fact => fact.key === key);
        const { verdicts } = judgeKey(rule, {
          key,
          subject: { id: key, class: 'other' },
          boundAt: atMs => termsAt(facts, atMs),
          digest: trialWorld.digest,
          observations,
          ticks: [],
          fromMs: Number.NEGATIVE_INFINITY,
        });
        for (const { completedBy } of verdicts) found.add(completedBy);
      }
      return [rule.id, found];
    }),
  );
}

describe('the twelve rules of the engine sheet', () => {
  it('are all said in the language, each proven by a firing and a silent example', () => {
    expect(engineRuleIds).toHaveLength(12);
    expect(rules.map(rule => rule.id)).toEqual(engineRuleIds);
  });

  it('are each met by the flows, and each pair is told apart by some record', () => {
    const hits = completed();
    for (const [id, found] of hits) expect(found.size, id).toBeGreaterThan(10);
    const ids = [...hits.keys()];
    for (const a of ids)
      for (const b of ids)
        if (a !== b) {
          const other = hits.get(b) as Set<string>;
          expect(
            [...(hits.get(a) as Set<string>)].some(digest => !other.has(digest)),
            `${a} − ${b}`,
          ).toBe(true);
        }
  });

  it('give the same findings in any order, and meet no error', () => {
    const expected = sortedRun(rules, fleet);
    for (const rule of rules) expect(expected.tallies.get(rule.id)?.errors, rule.id).toEqual({});
    for (let seed = 1; seed <= effort(4, 100); seed += 1)
      expect(differences(expected, disorderedRun(rules, fleet, seed)), `order ${seed}`).toEqual([]);
  });
});
