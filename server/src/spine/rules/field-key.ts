import type { Observation } from '../observations/observation.ts';
import type { KindSchema } from './kind-schema.ts';
import type { Rule, StateDeclaration } from './rule.ts';
import { type RuleFault, ruleFault } from './rule-fault.ts';
import type { RuleText } from './rule-text.ts';

/** The field of the observation that a rule is keyed by; null for a rule keyed by the subject. */
export function fieldOfKey(key: string): string | null {
  return key === 'subject' ? null : key.slice('observation.'.length);
}

/**
 * The key under which a rule keyed by a field judges a record: `imei/35752007426533`, and of a party's subjects
 * `party/7/imei/35752007426533`, for subjects of two parties never meet. Null for a record that does not state
 * the field, which such a rule is never given, and for every rule keyed by the subject.
 */
export function fieldKey(rule: Pick<Rule, 'key'>, record: Observation, partyId?: number): string | null {
  const field = fieldOfKey(rule.key);
  const value = field === null ? null : (record.body[field] ?? null);
  return value === null ? null : keyUnder(field as string, String(value), partyId);
}

/** The same from the field and its value. The value stands last, for it may hold anything. */
export function keyUnder(field: string, value: string, partyId?: number): string {
  return partyId === undefined ? `${field}/${value}` : `${PARTY}${partyId}/${field}/${value}`;
}

/** What `keyUnder` made a key of; `hasParty` says whether it names a party. Throws a `RangeError` for another field's. */
export function valueUnder(
  field: string,
  key: string,
  hasParty: boolean,
): { readonly value: string; readonly partyId: number | undefined } {
  const end = hasParty ? key.indexOf('/', PARTY.length) : 0;
  const rest = hasParty ? key.slice(end + 1) : key;
  if (!rest.startsWith(`${field}/`) || (hasParty && !key.startsWith(PARTY)))
    throw new RangeError(`a key under ${field} is no ${key}`);
  const partyId = hasParty ? Number(key.slice(PARTY.length, end)) : undefined;
  return { value: rest.slice(field.length + 1), partyId };
}

const PARTY = 'party/';

/**
 * The key as it enters a finding's id. Under a field a record is about whom its claim names, and that may change
 * later: then it is another finding, on another subject.
 */
export function keyInId(rule: Pick<Rule, 'key'>, key: string, subjectId: string): string {
  return rule.key === 'subject' ? key : `${key} ${subjectId}`;
}

/**
 * What a rule keyed by a field may not do. It may not watch a silence: no source's watermark says that a
 * device was heard of by every other. It may not read a running total: only a part of the counter's records
 * lies under the key, and its deltas would be wrong.
 */
export function checkFieldKey(
  key: string,
  schema: KindSchema,
  state: readonly StateDeclaration[],
  observationFields: readonly string[],
  text: RuleText,
  faults: RuleFault[],
): void {
  const field = fieldOfKey(key);
  if (field === null) return;
  if (schema.fields[field] !== 'string')
    faults.push(ruleFault('unknown-field', 'key', text.placeOf('key'), field));
  for (const { name, silenceMs } of state) {
    const path = `state.${name}`;
    if (silenceMs !== null) faults.push(ruleFault('absence-of-field-key', path, text.placeOf(path), field));
  }
  const counter = observationFields.find(each => schema.counters.includes(each));
  if (counter !== undefined)
    faults.push(ruleFault('counter-of-field-key', 'key', text.placeOf('key'), counter, field));
}
