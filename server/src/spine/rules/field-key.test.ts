import { describe, expect, it } from 'vitest';
import { trialWorld } from '../../../../tests/judging/world.ts';
import type { Observation } from '../observations/observation.ts';
import { checkRule } from './check-rule.ts';
import { fieldKey } from './field-key.ts';
import { judgeKey } from './judge-key.ts';
import type { Rule } from './rule.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 2);

function text(parts: string, silent = 'observations: [{ at: "2026-03-01T08:00:00Z", imei: "1" }]'): string {
  return `
id: shared
title: { en: shared, zh: 共用 }
status: draft
reads: card-usage
key: observation.imei
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: trial }]
${parts}
examples:
  fires:
    - name: two cards meet in one device, another card elsewhere
      observations:
        - { at: "2026-03-01T08:00:00Z", subject: card-1, imei: "1" }
        - { at: "2026-03-01T08:01:00Z", subject: card-1, imei: "1" }
        - { at: "2026-03-01T08:02:00Z", subject: card-2, imei: "2" }
        - { at: "2026-03-01T08:03:00Z", subject: card-2, imei: "1" }
      expect: [4]
  silent: [{ name: silent, ${silent} }]
`;
}

const twoCards = `
state: { cards: { operator: distinct, of: subject.id, window: 30d } }
where: state.cards > 1 && subject.class == "other" && (!has(bound.smsAllowed) || bound.smsAllowed)`;

function sound(parts: string): Rule {
  const check = checkRule(text(parts), 'shared', trialWorld);
  if (check.outcome === 'refused') throw new Error(check.faults.map(each => each.message.en).join('\n'));
  return check.rule;
}

function codes(source: string): string[] {
  const check = checkRule(source, 'shared', trialWorld);
  return check.outcome === 'refused' ? check.faults.map(({ code, path }) => `${path}: ${code}`) : [];
}

function record(hour: number, claim: string, imei: string | null): Observation {
  return {
    digest: `d${hour}`,
    sourceId: 1,
    partyId: 1,
    chunkId: 1,
    kind: 'card-usage',
    claim,
    observedAtMs: START + hour * HOUR,
    timeMark: 'stated',
    series: null,
    body: imei === null ? {} : { imei },
  };
}

describe('a rule keyed by a field', () => {
  const rule = sound(twoCards);
  const terms: Record<string, { smsAllowed: boolean }> = { 'card/3': { smsAllowed: false } };
  const judge = (key: string, observations: readonly Observation[]): string[] =>
    judgeKey(rule, {
      key,
      subject: { id: '', class: '' },
      boundAt: () => ({}),
      about: ({ claim }) => ({
        subject: { id: claim, class: 'other' },
        boundAt: () => terms[claim] ?? {},
      }),
      digest: trialWorld.digest,
      observations,
      ticks: [],
      fromMs: START,
    }).verdicts.map(({ key: of, subjectId, completedBy }) => `${of} ${subjectId} ${completedBy}`);

  it('finds on the subject whose record completed it, under the key it was judged by', () => {
    expect(judge('imei/1', [record(0, 'card/1', '1'), record(1, 'card/2', '1')])).toEqual([
      'imei/1 card/2 d1',
    ]);
  });

  it('reads the terms of each record’s own subject', () => {
    const records = [record(0, 'card/1', '1'), record(1, 'card/3', '1'), record(2, 'card/1', '1')];
    expect(judge('imei/1', records)).toEqual(['imei/1 card/1 d2']);
  });

  it('is given neither a record of another key nor one that states none', () => {
    const records = [record(0, 'card/1', '1'), record(1, 'card/2', null), record(2, 'card/2', '2')];
    expect(judge('imei/1', records)).toEqual([]);
    expect(records.map(each => fieldKey(rule, each))).toEqual(['imei/1', null, 'imei/2']);
  });

  it('compares spans of use of its subjects', () => {
    const overlap = `
state: { also: { operator: overlap, of: subject.id, lastsMs: observation.durationSeconds * 1000, lookBack: 1d } }
where: state.also > 0`;
    const source = text(overlap).replaceAll('imei: "1" }', 'imei: "1", durationSeconds: 600 }');
    expect(codes(source)).toEqual([]);
  });

  it('is refused a silence to watch and a running total to read', () => {
    const parts = `
state: { quiet: { operator: absence, window: 1d, lookBack: 2d } }
where: state.quiet || observation.bytes > 1`;
    expect(codes(text(parts))).toEqual(['state.quiet: absence-of-field-key', 'key: counter-of-field-key']);
  });

  it('alone may name a subject for each observation', () => {
    const source = text(twoCards).replace('key: observation.imei', 'key: subject');
    expect(codes(source)).toContain('examples.fires.0.observations.0.subject: subject-of-observation');
  });
});
