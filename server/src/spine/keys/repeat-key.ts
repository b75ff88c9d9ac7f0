import type { Canonical } from '../../kernel/canonical-json.ts';
import { inReach, stretchesOf } from '../judging.ts';
import type { Observation } from '../observations/observation.ts';
import type { DatedFact } from '../registry/dated-fact.ts';
import { type Alias, names } from '../registry/dossier.ts';
import { fieldKey } from '../rules/field-key.ts';
import type { Digest } from '../rules/finding-id.ts';
import { judgeKey, type Verdict } from '../rules/judge-key.ts';
import type { Rule } from '../rules/rule.ts';
import { type Stretch, termsToldBy } from '../terms-in-force.ts';
import { inputsUnder } from './key-inputs.ts';

/** A subject as a folder of evidence tells of it. */
export interface ToldSubject {
  readonly subjectId: number;
  readonly class: string | null;
  readonly aliases: readonly Alias[];
  readonly facts: readonly DatedFact[];
  readonly terms: readonly Stretch[];
}

/** Whether a record is about the subject, by the aliases the folder tells. */
export function isAbout({ aliases }: Pick<ToldSubject, 'aliases'>, record: Observation): boolean {
  return names({ aliases, ancestors: aliases.flatMap(alias => alias.parties) }, record);
}

/** Judges the key of a finding from what a folder tells alone: the verdicts, and the inputs they rest on. */
export function repeatKey(
  rule: Rule,
  finding: { readonly key: string; readonly partyId: number; readonly observedAtMs: number },
  told: { readonly observations: readonly Observation[]; readonly subjects: readonly ToldSubject[] },
  digest: Digest,
): { readonly verdicts: readonly Verdict[]; readonly inputs: Canonical } {
  const bearers = told.subjects.map(subject => ({ subject, terms: termsToldBy(subject.terms) }));
  const borne = new Map<Observation, (typeof bearers)[number]>();
  for (const record of inReach(told.observations, finding, rule)) {
    const named = bearers.filter(({ subject }) => isAbout(subject, record));
    const [one] = named;
    if (named.length === 1 && one !== undefined && fieldKey(rule, record, finding.partyId) === finding.key)
      borne.set(record, one);
  }
  const nobody = { subject: { id: '', class: '' }, boundAt: () => ({}) };
  const { verdicts } = judgeKey(rule, {
    key: finding.key,
    partyId: finding.partyId,
    ...nobody,
    about: record => {
      const one = borne.get(record);
      if (one === undefined) return nobody;
      const { subjectId, class: className } = one.subject;
      return { subject: { id: `subject/${subjectId}`, class: className ?? '' }, boundAt: one.terms.at };
    },
    digest,
    observations: borne.keys(),
    ticks: [],
    fromMs: finding.observedAtMs,
  });
  const inputs = inputsUnder(
    [...borne].map(([record, { subject }]) => [record, subject.subjectId]),
    bearers.map(({ subject: { subjectId, facts }, terms }) => ({
      subjectId,
      facts,
      stretches: stretchesOf(terms, finding, rule),
    })),
  );
  return { verdicts, inputs };
}
