import type { ArmedRule } from '../findings/armed/armed-rules.ts';
import type { LinkField, LinkValue } from '../observations/links/store.ts';
import type { Observation } from '../observations/observation.ts';
import type { Dossier } from '../registry/dossier.ts';
import { fieldOfKey, keyUnder } from '../rules/field-key.ts';

/** A value of a field, under which the records of one party's subjects meet. */
export interface FieldKey extends LinkValue {
  readonly partyId: number;
  /** The party and those above it: whose sources may speak of its subjects. */
  readonly ancestors: readonly number[];
}

/** How judging calls the key, and how findings bear it. */
export function keyText({ field, value, partyId }: FieldKey): string {
  return keyUnder(field, value, partyId);
}

/** One name for each value of each kind of record. */
export function valueId({ kind, field, value }: LinkValue): string {
  return `${kind} ${field} ${value}`;
}

/** One name for each key of each kind of record. */
export function keyId(key: FieldKey): string {
  return `${key.kind} ${keyText(key)}`;
}

/** Whether a name that `keyId` gave is that of a key of the field. */
export function isUnder({ kind, field }: LinkField, id: string): boolean {
  const space = id.indexOf(' ');
  return id.slice(0, space) === kind && keyBorne(id.slice(space + 1), kind, [])?.field === field;
}

export function isFieldKeyed({ rule }: ArmedRule): boolean {
  return rule.key !== 'subject';
}

/** The fields that rules are keyed by, each once. */
export function fieldsOf(rules: readonly ArmedRule[]): LinkField[] {
  const fields = new Map<string, LinkField>();
  for (const { rule } of rules) {
    const field = fieldOfKey(rule.key);
    if (field !== null) fields.set(`${rule.reads} ${field}`, { kind: rule.reads, field });
  }
  return [...fields.values()];
}

/** The rules that judge a key of this field. */
export function rulesUnder(rules: readonly ArmedRule[], { kind, field }: LinkField): ArmedRule[] {
  return rules.filter(({ rule }) => rule.reads === kind && fieldOfKey(rule.key) === field);
}

/** What a record tells of the field; null when nothing. */
export function valueIn({ kind, field }: LinkField, record: Observation): string | null {
  const value = record.kind === kind ? (record.body[field] ?? null) : null;
  return value === null ? null : String(value);
}

export function keyOfDossier(
  { kind, field }: LinkField,
  value: string,
  { partyId, ancestors }: Pick<Dossier, 'partyId' | 'ancestors'>,
): FieldKey {
  return { kind, field, value, partyId, ancestors };
}

/** The key that a finding bears, of a rule that reads the kind; null for a subject's. */
export function keyBorne(key: string, kind: string, ancestors: readonly number[]): FieldKey | null {
  const parts = /^party\/(\d+)\/([^/]+)\/(.*)$/s.exec(key);
  if (parts === null) return null;
  return { kind, partyId: Number(parts[1]), field: parts[2] ?? '', value: parts[3] ?? '', ancestors };
}
