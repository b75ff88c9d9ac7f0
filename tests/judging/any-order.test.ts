import { describe, expect, it } from 'vitest';
import type { Observation } from '../../server/src/spine/observations/observation.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import { judgeKey } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule, Terms } from '../../server/src/spine/rules/rule.ts';
import { effort } from '../prove.ts';
import { sortedRun, tryOrders } from './any-order.ts';
import { makeFleet } from './fleet.ts';
import { termsAt } from './memory-corridor.ts';
import {
  naiveCapCrossings,
  naiveDailyCapCrossings,
  naiveDeviceChanges,
  naiveRegionBreaches,
} from './naive-rules.ts';
import { operatorRules } from './operator-rules.ts';
import { shippedIds, shippedRule, trialWorld } from './world.ts';

const shipped = shippedIds.map(shippedRule);
const WATERMARK = Date.UTC(2026, 8, 1);

describe('the same records in any order', () => {
  it('give the same totals and standing findings by the shipped rules', () => {
    const trial = tryOrders(shipped, effort(25, 1000), 1);
    expect(trial.faults).toEqual([]);
    expect(trial.records).toBe(10_000);
    expect(trial.standing).toBeGreaterThan(500);
    // Without findings taken back and set up again the trial would try nothing.
    expect(trial.withdrawn).toBeGreaterThan(100);
    expect(trial.reinstated).toBeGreaterThan(10);
  });

  it('give the same findings by a rule of each operator, silences too', () => {
    const trial = tryOrders(operatorRules(), effort(4, 40), 1, WATERMARK);
    expect(trial.faults).toEqual([]);
    expect(trial.withdrawn).toBeGreaterThan(100);
  });

  it('fire every shipped rule, exercise every guard and meet no error', () => {
    const { tallies } = sortedRun(shipped, makeFleet(1));
    for (const rule of shipped) {
      const tally = tallies.get(rule.id);
      expect(tally?.met, rule.id).toBeGreaterThan(20);
      expect(tally?.passedOver, rule.id).toBeGreaterThan(20);
      expect(Object.keys(tally?.silenced ?? {}).sort(), rule.id).toEqual(
        rule.guards.map(guard => guard.name).sort(),
      );
      expect(tally?.errors, rule.id).toEqual({});
    }
  });

  it('fire every rule of an operator', () => {
    const rules = operatorRules();
    const { tallies } = sortedRun(rules, makeFleet(1), WATERMARK);
    for (const rule of rules) expect(tallies.get(rule.id)?.met, rule.id).toBeGreaterThan(20);
  });
});

describe('the shipped rules', () => {
  it.each([
    ['card-in-another-device', naiveDeviceChanges],
    ['region-breach', naiveRegionBreaches],
    ['data-cap', naiveCapCrossings],
    ['daily-data-cap', naiveDailyCapCrossings],
  ] as const)('%s finds what a reckoning by hand finds, record for record', (id, naive) => {
    const rule = shippedRule(id);
    const fleet = makeFleet(2);
    let findings = 0;
    for (const [key, records] of byKey(fleet.records)) {
      const facts = fleet.facts.filter(fact => fact.key === key);
      const boundAt = (atMs: number): Terms => termsAt(facts, atMs);
      const found = judgeAll(rule, key, records, boundAt);
      const wanted = naive(
        records.filter(({ kind }) => kind === 'card-usage'),
        boundAt,
      );
      expect(found, key).toEqual(wanted);
      findings += wanted.length;
    }
    expect(findings).toBeGreaterThan(100);
  });
});

function byKey(records: readonly Observation[]): Map<string, Observation[]> {
  const keys = Map.groupBy(records, ({ claim }) => claim);
  for (const list of keys.values()) list.sort(compareObservations);
  return keys;
}

function judgeAll(
  rule: Rule,
  key: string,
  observations: readonly Observation[],
  boundAt: (atMs: number) => Terms,
): string[] {
  const subject = { id: key, class: 'other' };
  const input = {
    key,
    subject,
    boundAt,
    digest: trialWorld.digest,
    observations,
    ticks: [],
    fromMs: Number.NEGATIVE_INFINITY,
  };
  return judgeKey(rule, input).verdicts.map(({ completedBy }) => completedBy);
}
