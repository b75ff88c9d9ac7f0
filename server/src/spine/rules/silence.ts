import type { Checked } from './cel/index.ts';
import type { Rule } from './rule.ts';

/**
 * The silence a rule may find something in, in milliseconds; null when it watches none, or when it asks for a
 * field of the observation before anything else: at a silence there is no observation, so it passes every one
 * over.
 */
export function silenceHeardMs(rule: Rule): number | null {
  const watched = rule.state.find(each => each.silenceMs !== null)?.silenceMs ?? null;
  if (watched === null || rule.given === null) return watched;
  return asksForObservation(rule.given.plan.checked) ? null : watched;
}

function asksForObservation(given: Checked): boolean {
  if (given.kind === 'and') return given.parts.some(asksForObservation);
  return given.kind === 'has' && given.variable === 'observation';
}
