import type { Canonical } from '../../../kernel/canonical-json.ts';
import type { Rule } from '../rule.ts';
import { type FieldValue, fieldName, type View } from './view.ts';

export const NOBODY = { id: '', class: '' };
/** How a column is read. */
export const TEXT = 0;
export const INT = 1;
const BOOL = 2;

export function typeNumber(type: string): number {
  if (type === 'int') return INT;
  return type === 'bool' ? BOOL : TEXT;
}

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
