import { sha256 } from '../../kernel/bytes.ts';
import { type Canonical, canonicalJson } from '../../kernel/canonical-json.ts';
import { listedFact, listedRecord } from '../judging.ts';
import type { Observation } from '../observations/observation.ts';
import type { DatedFact } from '../registry/dated-fact.ts';
import type { Stretch } from '../terms-in-force.ts';

/** What a subject under a key answered for when a verdict was judged. */
export interface KeyInput {
  readonly subjectId: number;
  readonly facts: readonly DatedFact[];
  readonly stretches: readonly Stretch[];
}

/** As `inputsOf`, of all the subjects whose records bear on the verdict: with each record stands whom it is about. */
export function inputsUnder(
  used: readonly (readonly [record: Observation, subjectId: number])[],
  inputs: readonly KeyInput[],
): { observations: string; count: number; facts: string; terms: string; subjects: number } {
  const borne = new Set(used.map(([, subjectId]) => subjectId));
  const mine = inputs.filter(each => borne.has(each.subjectId)).sort((a, b) => a.subjectId - b.subjectId);
  return {
    observations: digest(used.map(([record, subject]) => ({ subject, ...listedRecord(record) }))),
    count: used.length,
    facts: digest(mine.map(({ subjectId, facts }) => ({ subject: subjectId, facts: facts.map(listedFact) }))),
    terms: digest(
      mine.map(({ subjectId, stretches }) => ({
        subject: subjectId,
        stretches: stretches as unknown as Canonical,
      })),
    ),
    subjects: mine.length,
  };
}

function digest(told: Canonical): string {
  return sha256(canonicalJson(told)).toString('hex');
}
