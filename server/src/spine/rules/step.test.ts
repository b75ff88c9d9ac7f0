import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../../../tests/judging/fleet.ts';
import { termsAt } from '../../../../tests/judging/memory-corridor.ts';
import { operatorRules, ruleAround } from '../../../../tests/judging/operator-rules.ts';
import { shippedRule, trialWorld } from '../../../../tests/judging/world.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { Observation } from '../observations/observation.ts';
import { compareObservations } from './counters.ts';
import { againFromMs, judgeKey, type KeyContext, openKey, step, tick } from './judge-key.ts';
import { freezeKey, thawKey } from './key-state.ts';
import type { Rule, Terms } from './rule.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 2);

const context = (terms: Terms = {}): KeyContext => ({
  key: 'card/1',
  subject: { id: 'card/1', class: 'other' },
  boundAt: () => terms,
  digest: trialWorld.digest,
});

function record(atMs: number, body: Observation['body'], kind = 'card-usage'): Observation {
  return {
    digest: `d${atMs}`,
    sourceId: 1,
    partyId: 1,
    chunkId: 1,
    kind,
    claim: 'card/1',
    observedAtMs: START + atMs,
    timeMark: 'stated',
    series: null,
    body,
  };
}

function outcomes(rule: Rule, terms: Terms, ...records: readonly Observation[]): string[] {
  const state = openKey(rule);
  return records.map(each => step(rule, state, each, context(terms)).kind);
}

describe('the edge of a condition', () => {
  const region = shippedRule('region-breach');
  const terms = { mccs: ['460'] };
  const abroad = (atMs: number): Observation => record(atMs, { mcc: '452' });
  const home = (atMs: number): Observation => record(atMs, { mcc: '460' });

  it('is found when it rises, held while it lasts, and found again after it fell', () => {
    expect(outcomes(region, terms, abroad(0), abroad(1), home(2), abroad(3))).toEqual([
      'fired',
      'held',
      'not-met',
      'fired',
    ]);
  });

  it('is found again in the next window, at local midnight', () => {
    const midnight = 16 * 3_600_000;
    expect(outcomes(region, terms, abroad(midnight - 2), abroad(midnight - 1), abroad(midnight))).toEqual([
      'fired',
      'held',
      'fired',
    ]);
  });

  it('is not moved by records the rule has nothing to say about', () => {
    expect(outcomes(region, terms, abroad(0), record(1, {}), record(2, { mcc: null }), abroad(3))).toEqual([
      'fired',
      'passed-over',
      'passed-over',
      'held',
    ]);
  });

  it('falls while a guard is true, so that its end is found', () => {
    const satellite = record(1, { mcc: '901' });
    expect(outcomes(region, terms, abroad(0), satellite, abroad(2))).toEqual(['fired', 'silenced', 'fired']);
  });
});

describe('an expression that cannot be evaluated', () => {
  const rule = ruleAround('try-error', {
    parts:
      'where: 100 / observation.bytes > 10\nguards: { small: { title: { en: small, zh: 小 }, when: observation.smsCount > 5 } }',
    fires: 'observations: [{ at: "2026-03-01T08:00:00Z", bytes: 5, smsCount: 1 }]',
    silent: 'observations: [{ at: "2026-03-01T08:00:00Z", bytes: 5, smsCount: 9 }], guard: small',
  });

  it('never fires, is counted by its place, and leaves the edge where it was', () => {
    const { verdicts, tally } = judgeKey(rule, {
      ...context(),
      observations: [
        record(0, { bytes: 0, smsCount: 1 }),
        record(1, { bytes: 5, smsCount: 1 }),
        record(2, { bytes: 5 }),
        record(3, {}),
        record(4, { bytes: 5, smsCount: 1 }),
      ],
      ticks: [],
      fromMs: 0,
    });
    expect(verdicts.map(({ completedBy }) => completedBy)).toEqual(['d1']);
    expect(tally.errors).toEqual({ where: 2, 'guards.small': 1 });
    expect(tally.met).toBe(2);
  });

  it('is an outcome even when the terms themselves cannot be had', () => {
    const broken: KeyContext = {
      ...context(),
      boundAt: () => {
        throw new Error('no terms');
      },
    };
    expect(step(rule, openKey(rule), record(0, { bytes: 5 }), broken).kind).toBe('error');
  });
});

describe('a verdict', () => {
  it('carries every value its condition and guards read, and no other', () => {
    const rule = shippedRule('data-cap');
    const input = {
      ...context({ capBytes: 10, mccs: ['460'] }),
      observations: [record(0, { bytes: 11, imei: '1' })],
      ticks: [],
      fromMs: 0,
    };
    const [verdict] = judgeKey(rule, input).verdicts;
    expect(verdict?.evidence).toEqual({
      strength: 'high',
      observation: { atMs: START, bytes: 11 },
      bound: { capBytes: 10 },
      state: { assumed: 0, spanning: 0, undated: 0, used: 11 },
      guards: ['assumed-volume', 'volume-of-another-month', 'uncertain-time'],
      silentSinceMs: null,
    });
    expect(() => canonicalJson(verdict?.evidence ?? null)).not.toThrow();
  });

  it('is left out before the moment asked for, where records only warm the state', () => {
    const rule = shippedRule('data-cap');
    const observations = [
      record(0, { bytes: 11 }),
      record(1, { bytes: 11 }),
      record(35 * DAY, { bytes: 11 }),
    ];
    const from = (fromMs: number): string[] =>
      judgeKey(rule, { ...context({ capBytes: 10 }), observations, ticks: [], fromMs }).verdicts.map(
        each => each.completedBy,
      );
    expect(from(0)).toEqual(['d0', `d${35 * DAY}`]);
    expect(from(START + 1)).toEqual([`d${35 * DAY}`]);
  });
});

describe('a silence', () => {
  const rule = operatorRules().find(({ id }) => id === 'try-absence') as Rule;
  const data = (atMs: number): Observation => record(atMs, { service: 'data' });
  const terms = context({ mccs: ['1'] });

  it('is judged once it fell due by the watermark, with the record before it and the moment it fell due', () => {
    const state = openKey(rule);
    step(rule, state, data(0), terms);
    step(rule, state, record(5, { service: 'sms' }), terms);
    expect(tick(rule, state, START + 2 * DAY - 1, terms)).toBeNull();
    const outcome = tick(rule, state, START + 9 * DAY, terms);
    expect(outcome?.kind).toBe('fired');
    if (outcome?.kind !== 'fired') return;
    expect(outcome.verdict).toMatchObject({ completedBy: 'd0', observedAtMs: START + 2 * DAY });
    expect(outcome.verdict.evidence.silentSinceMs).toBe(START);
    expect(tick(rule, state, START + 10 * DAY, terms)).toBeNull();
  });

  it('makes records up to the moment it fell due late ones', () => {
    const state = openKey(rule);
    step(rule, state, data(0), terms);
    expect(againFromMs(state, START + 5 * DAY)).toBe(START);
    tick(rule, state, START + 9 * DAY, terms);
    expect(state.judgedToMs).toBe(START + 2 * DAY);
  });
});

describe('state of a key', () => {
  it('frozen at any record and thawed, goes on exactly as if undisturbed', () => {
    const fleet = makeFleet(3, 8, 60);
    for (const rule of [...operatorRules(), shippedRule('data-cap'), shippedRule('card-in-another-device')]) {
      for (const [key, unsorted] of Map.groupBy(fleet.records, ({ claim }) => claim)) {
        const records = unsorted.sort(compareObservations).filter(({ kind }) => kind === rule.reads);
        const facts = fleet.facts.filter(fact => fact.key === key);
        const own: KeyContext = { ...context(), key, boundAt: atMs => termsAt(facts, atMs) };
        const undisturbed = openKey(rule);
        let stopped = openKey(rule);
        for (const [i, each] of records.entries()) {
          if (i % 7 === 3) stopped = thawKey(freezeKey(stopped));
          tick(rule, undisturbed, each.observedAtMs - 1, own);
          tick(rule, stopped, each.observedAtMs - 1, own);
          expect(step(rule, stopped, each, own)).toEqual(step(rule, undisturbed, each, own));
          expect(canonicalJson(freezeKey(stopped))).toBe(canonicalJson(freezeKey(undisturbed)));
        }
      }
    }
  });

  it('holds no more entries than its operators state', () => {
    const fleet = makeFleet(4, 6, 400);
    for (const rule of operatorRules()) {
      for (const [key, records] of Map.groupBy(fleet.records, ({ claim }) => claim)) {
        const observations = records.sort(compareObservations);
        const { state } = judgeKey(rule, {
          ...context({ mccs: ['1'] }),
          key,
          observations,
          ticks: [],
          fromMs: 0,
        });
        for (const [i, { operator }] of rule.state.entries()) {
          const entries = Object.values(state.operators[i] ?? {}).reduce<number>(
            (sum, part) => sum + (Array.isArray(part) ? part.length : 1),
            0,
          );
          expect(entries, rule.id).toBeLessThanOrEqual(operator.mostEntries);
        }
      }
    }
  });
});
