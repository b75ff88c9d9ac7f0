import { describe, expect, it } from 'vitest';
import { type ScoredFinding, scoreOf } from './score.ts';
import type { FleetTruth } from './truth.ts';

const FROM = Date.UTC(2026, 8, 1);
const HOUR = 3_600_000;
const truth: FleetTruth = {
  format: 'thingward-truth/1',
  seed: 1,
  cards: 5,
  days: 2,
  from: '2026-09-01T00:00:00.000Z',
  until: '2026-09-03T00:00:00.000Z',
  cases: [
    {
      cards: ['8986000000000000011', '8986000000000000029'],
      class: 'retail',
      kind: 'moved',
      rule: 'card-in-another-device',
      also: ['handset-tac'],
      from: '2026-09-01T00:00:00.000Z',
      until: '2026-09-02T00:00:00.000Z',
      shownAt: '2026-09-01T01:00:00.000Z',
    },
  ],
  lookAlikes: [
    {
      cards: ['8986000000000000037'],
      class: 'industry',
      kind: 'declared',
      rule: 'card-in-another-device',
      guard: 'swap-window',
    },
  ],
};
const found = (ruleId: string, card: string, hours: number): ScoredFinding => ({
  ruleId,
  card,
  atMs: FROM + hours * HOUR,
});
const MOVED = 'card-in-another-device';

describe('the score of findings', () => {
  it.each([
    ['nothing found is missed', [], 0, 0, null],
    ['the rule finds a card of the case', [found(MOVED, '8986000000000000029', 5)], 1, 0, 5],
    [
      'the earliest finding tells the time',
      [found(MOVED, '8986000000000000011', 9), found(MOVED, '8986000000000000011', 3)],
      1,
      0,
      3,
    ],
    ['a card is named without its check digit', [found(MOVED, '898600000000000001', 5)], 1, 0, 5],
    [
      'a rule that rightly finds it too detects nothing and alarms nobody',
      [found('handset-tac', '8986000000000000011', 5)],
      0,
      0,
      null,
    ],
    ['another rule is a false alarm', [found('data-cap', '8986000000000000011', 5)], 0, 1, null],
    ['before the misuse is a false alarm', [found(MOVED, '8986000000000000011', -1)], 0, 1, null],
    ['after its span is a false alarm', [found(MOVED, '8986000000000000011', 24)], 0, 1, null],
    ['a look-alike is a false alarm', [found(MOVED, '8986000000000000037', 5)], 0, 1, null],
    ['an innocent card is a false alarm', [found(MOVED, '8986000000000000045', 5)], 0, 1, null],
  ])('%s', (_, findings, detected, falseAlarms, hours) => {
    const score = scoreOf(truth, findings);
    expect(score).toMatchObject({ planted: 1, detected, falseAlarms, detection: detected });
    expect(score.hours?.worst ?? null).toBe(hours);
    expect(score.missed).toHaveLength(1 - detected);
    expect(score.byRule.reduce((sum, each) => sum + each.falseAlarms, 0)).toBe(falseAlarms);
    expect(score.byClass.reduce((sum, each) => sum + each.falseAlarms, 0)).toBe(falseAlarms);
  });
});
