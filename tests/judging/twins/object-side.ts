import type { Observation } from '../../../server/src/spine/observations/observation.ts';
import { judgeKey } from '../../../server/src/spine/rules/judge-key.ts';
import { readRule } from '../../../server/src/spine/rules/read-rule.ts';
import type { Rule } from '../../../server/src/spine/rules/rule.ts';
import { trialWorld } from '../world.ts';
import type { TwinCase } from './cases.ts';

/** What judging says of one record: the outputs that were there. */
export type Shown = Readonly<Record<string, unknown>>;

/** One silence that fell due. */
export interface Silence {
  readonly sinceMs: number;
  readonly dueMs: number;
  readonly shown: Shown;
}

/** What one state shows: by place in the order of judging, and at each silence. */
export interface KeyShown {
  readonly records: readonly (Shown | undefined)[];
  readonly silences: readonly Silence[];
}

const optional = ['nBefore', 'nMs', 'nM', 'nKmh'];

/** A rule that fires on every record and shows every output of the case's state `n`. */
export function ruleOfCase({ seed, written, twin }: Pick<TwinCase, 'seed' | 'written' | 'twin'>): Rule {
  const id = `twin-${seed}`;
  const reads = outputsOf(twin.operator).map(output =>
    optional.includes(output)
      ? `(has(state.${output}) || !has(state.${output}))`
      : isBool(twin.operator, output)
        ? `(state.${output} || !state.${output})`
        : `(state.${output} >= 0 || state.${output} < 0)`,
  );
  const example = [{ name: 'one', observations: [{ at: '2026-03-01T08:00:00Z' }] }];
  const rule = readRule(
    JSON.stringify({
      id,
      title: { en: id, zh: '对照' },
      status: 'draft',
      reads: 'card-usage',
      key: 'subject',
      zone: twin.zone,
      severity: 'low',
      evidence: { strength: 'low', refutedBy: { en: 'nothing', zh: '无' } },
      basis: [{ source: 'trial' }],
      state: { n: written },
      where: reads.join(' && '),
      rearm: 'record',
      examples: { fires: example, silent: example },
    }),
    id,
    trialWorld,
  );
  if ('where' in rule) return rule;
  throw new Error(rule.map(fault => `${fault.path}: ${fault.message.en}`).join('\n'));
}

function isBool(operator: string, output: string): boolean {
  return output === 'nFull' || (output === 'n' && (operator === 'change' || operator === 'absence'));
}

/** The outputs of the state `n`, by operator. */
export function outputsOf(operator: string): readonly string[] {
  const more: Readonly<Record<string, readonly string[]>> = {
    sum: ['n', 'nFull'],
    distinct: ['n', 'nFull'],
    change: ['n', 'nBefore', 'nCount'],
    absence: ['n', 'nMs'],
    overlap: ['n', 'nFull'],
    travel: ['nM', 'nKmh'],
  };
  return more[operator] ?? ['n'];
}

/** Judges each key of the case by the rule and gathers what its state showed. */
export function shownByJudging(twinCase: TwinCase, rule: Rule): KeyShown[] {
  return twinCase.keys.map(records => shownForKey(rule, records, twinCase.watermarkMs));
}

function shownForKey(rule: Rule, observations: readonly Observation[], watermarkMs: number): KeyShown {
  const { verdicts } = judgeKey(rule, {
    key: 'case',
    subject: { id: 'case', class: '' },
    boundAt: () => ({}),
    digest: trialWorld.digest,
    observations,
    ticks: [watermarkMs],
    fromMs: Number.NEGATIVE_INFINITY,
  });
  const ofRecord = new Map<string, Shown>();
  const silences: Silence[] = [];
  for (const { completedBy, observedAtMs, evidence } of verdicts) {
    if (evidence.silentSinceMs === null) ofRecord.set(completedBy, evidence.state);
    else silences.push({ sinceMs: evidence.silentSinceMs, dueMs: observedAtMs, shown: evidence.state });
  }
  return { records: observations.map(({ digest }) => ofRecord.get(digest)), silences };
}
