import { describe, expect, it } from 'vitest';
import { compareStanding, type StoredFinding } from './standing.ts';
import type { Verdict } from './step.ts';

const verdict = (findingId: string): Verdict => ({
  findingId,
  ruleId: 'r',
  ruleVersion: 'v',
  key: 'k',
  subjectId: 'subject/1',
  completedBy: findingId,
  observedAtMs: 0,
  severity: 'low',
  evidence: { strength: 'low', observation: {}, bound: {}, state: {}, guards: [], silentSinceMs: null },
});

describe('standing of findings after judging again', () => {
  it.each([
    ['a new verdict is added', [], ['a'], { added: ['a'], withdrawn: [], reinstated: [] }],
    [
      'a standing finding that is true stays',
      ['a:found'],
      ['a'],
      { added: [], withdrawn: [], reinstated: [] },
    ],
    [
      'a standing finding that is no longer true is withdrawn',
      ['a:found'],
      [],
      { added: [], withdrawn: ['a'], reinstated: [] },
    ],
    [
      'a reinstated finding that is no longer true is withdrawn again',
      ['a:reinstated'],
      [],
      { added: [], withdrawn: ['a'], reinstated: [] },
    ],
    [
      'a withdrawn finding that is true again is reinstated',
      ['a:withdrawn'],
      ['a'],
      { added: [], withdrawn: [], reinstated: ['a'] },
    ],
    [
      'a withdrawn finding that is not true stays so',
      ['a:withdrawn'],
      [],
      { added: [], withdrawn: [], reinstated: [] },
    ],
    ['a verdict given twice is added once', [], ['a', 'a'], { added: ['a'], withdrawn: [], reinstated: [] }],
  ])('%s', (_name, stored, computed, expected) => {
    const findings = stored.map((text): StoredFinding => {
      const [findingId, standing] = text.split(':') as [string, StoredFinding['standing']];
      return { findingId, standing };
    });
    const change = compareStanding(findings, computed.map(verdict));
    expect({ ...change, added: change.added.map(({ findingId }) => findingId) }).toEqual(expected);
  });
});
