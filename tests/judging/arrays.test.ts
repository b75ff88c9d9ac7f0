import { expect, test } from 'vitest';
import type { KeyState } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { effort } from '../prove.ts';
import { disorder, sortedRun } from './any-order.ts';
import { ArrayCorridor } from './array-corridor.ts';
import { makeFleet } from './fleet.ts';
import { operatorRules } from './operator-rules.ts';
import { seeded } from './seeded.ts';
import { shippedIds, shippedRule } from './world.ts';

const shipped = shippedIds.map(shippedRule);
const rules = [...shipped, ...operatorRules()];
const WATERMARK = Date.UTC(2026, 11, 1);

test('records in order are judged in arrays as the reference judges them, verdict for verdict', () => {
  const fleet = makeFleet(7);
  const corridor = new ArrayCorridor(rules);
  corridor.accept({ facts: fleet.facts });
  const inOrder = [...fleet.records].sort((a, b) => a.observedAtMs - b.observedAtMs);
  corridor.accept({ records: inOrder });
  corridor.tick(WATERMARK);
  expect(corridor.judgedAgain).toBe(new Set(fleet.facts.map(fact => fact.key)).size);
  const wanted = new Map<string, unknown>();
  for (const rule of rules.filter(each => each.key === 'subject')) {
    for (const subject of corridor.subjects()) {
      const { verdicts, state } = corridor.reference(rule, subject);
      for (const verdict of verdicts) wanted.set(verdict.findingId, verdict);
      expect(ofReference(corridor, rule.id, subject)).toEqual(kept(state, rule));
    }
  }
  expect(wanted.size).toBeGreaterThan(500);
  for (const rule of rules.filter(each => each.key !== 'subject')) {
    const before = wanted.size;
    for (const [key] of corridor.judge.freezeFieldKeys(rule.id))
      for (const verdict of corridor.referenceUnder(rule, key).verdicts)
        wanted.set(verdict.findingId, verdict);
    expect([rule.id, wanted.size > before]).toEqual([rule.id, true]);
  }
  expect(new Map([...corridor.findings].map(([id, found]) => [id, found.verdict]))).toEqual(wanted);
  for (const rule of rules) expect(corridor.judge.arrayOf(rule.id)?.tally.errors).toEqual(new Map());
});

test('orders, repetitions, delays and late facts leave the findings of the sorted run', () => {
  const fleet = makeFleet(1);
  const expected = sortedRun(rules, fleet, WATERMARK).standing();
  let judgedAgain = 0;
  for (let seed = 1; seed <= effort(2, 80); seed += 1) {
    const corridor = new ArrayCorridor(rules);
    const batches = disorder(fleet, seeded(seed));
    for (const [i, batch] of batches.entries()) {
      if (i === batches.length - 1) corridor.tick(WATERMARK);
      corridor.accept(batch);
    }
    const standing = new Set(corridor.standing());
    expect([seed, standing.size, expected.filter(id => !standing.has(id))]).toEqual([
      seed,
      expected.length,
      [],
    ]);
    judgedAgain += corridor.judgedAgain;
  }
  expect(judgedAgain).toBeGreaterThan(10);
});

function ofReference(corridor: ArrayCorridor, ruleId: string, subject: string): unknown {
  const frozen = corridor.judge.freeze(subject) as { rules: Record<string, unknown> };
  return frozen.rules[ruleId];
}

/** What the arrays keep of a reference state: without what only the last record's outputs needed. */
function kept(state: KeyState, rule: Rule): unknown {
  const operators = state.operators.map(operator => {
    const {
      before: _b,
      changed: _c,
      beforeMs: _m,
      metres: _r,
      tookMs: _t,
      told: _v,
      fromMs: _f,
      ...rest
    } = operator as Record<string, unknown>;
    return rest;
  });
  const last = rule.state.some(each => each.silenceMs !== null) ? state.last : null;
  return { operators, metPane: state.metPane, last, silenceMs: state.silenceMs };
}
