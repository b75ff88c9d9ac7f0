import type { Canonical } from '../../../kernel/canonical-json.ts';
import type { Rule } from '../rule.ts';
import type { KindFields } from './columns.ts';
import type { Lane } from './lanes.ts';
import type { TextNumbers } from './operator.ts';
import { type FieldValue, fieldName, put, type View } from './view.ts';

export const NOBODY = { id: '', class: '' };

/** The variables and the fields a rule reads. */
export function usesOf(rule: Rule): Set<string> {
  const programs = [
    rule.given?.cel,
    rule.where.cel,
    ...rule.guards.map(guard => guard.when),
    ...rule.state.flatMap(({ when, takes }) => [
      when?.cel,
      ...takes.map(taker => ('program' in taker ? taker.program.cel : undefined)),
    ]),
  ];
  const uses = new Set<string>();
  for (const program of programs)
    for (const { variable, field } of program?.uses ?? []) {
      uses.add(variable);
      uses.add(`${variable}.${field}`);
    }
  return uses;
}

export function pick(view: View, shown: readonly [string, number][]): Record<string, Canonical> {
  const picked: Record<string, Canonical> = {};
  for (const [name, at] of shown) {
    const value = (view as unknown as Record<string, FieldValue>)[fieldName(at)];
    if (value !== undefined) picked[name] = value as Canonical;
  }
  return picked;
}

/** One field of a view and the lane it is filled from. */
export interface Filled {
  readonly at: number;
  readonly type: string;
  lane(): Lane;
}

/** Fills the fields of a view from record `i` of their lanes. */
export function fill(view: View, filled: readonly Filled[], i: number, texts: TextNumbers): void {
  for (const { at, type, lane } of filled) put(view, at, fieldValueOf(type, lane()[i] as number, texts));
}

function fieldValueOf(type: string, number: number, texts: TextNumbers): FieldValue {
  if (type === 'string') return number > 0 ? texts.textOf(number) : undefined;
  if (Number.isNaN(number)) return undefined;
  return type === 'bool' ? number === 1 : number;
}

/** The type of a field of the observation, of those that judging adds too. */
export function fieldType(field: string, fields: KindFields): string {
  if (field === 'atMs') return 'int';
  if (field === 'timeMark' || field === 'counterMark') return 'string';
  return fields.types[fields.column(field)] as string;
}
