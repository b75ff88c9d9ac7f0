import type { FieldType } from '../kind-schema.ts';

/** A CEL type as the checker knows it, in the language's own spelling; `never` is the item type of `[]`. */
export type CelType = 'int' | 'uint' | 'double' | 'bool' | 'string' | 'null' | 'never' | `list(${string})`;

/** What a variable that is one value, not a record, may be declared as. */
export type ScalarType = FieldType | 'uint' | 'double';

/** What an expression may name: records of typed fields that may be absent, and single values. */
export interface CelScope {
  readonly variables: Readonly<Record<string, Readonly<Record<string, FieldType>>>>;
  readonly scalars?: Readonly<Record<string, ScalarType>>;
}

/** A value bound from outside. `null` and `undefined` mean absent; an int is a safe integer. */
export type CelInput = string | number | boolean | null | undefined | readonly string[];

/** What an expression is judged over: plain objects, one for each record variable, beside the single values. */
export type CelRecord = Readonly<Record<string, CelInput | Readonly<Record<string, CelInput>>>>;

/**
 * A value inside and as the result of an expression. An int or uint is a number while it is a safe integer
 * and a bigint beyond, never both, so equal values are `===`.
 */
export type CelValue = string | number | bigint | boolean | null | readonly CelValue[];

/** The third outcome: neither true nor false, and never fires (engine.md E-11). */
export const CEL_ERROR: unique symbol = Symbol('cel-error');

export function celTypeOf(declared: ScalarType): CelType {
  return declared === 'string-list' ? 'list(string)' : declared;
}

export function listOf(item: CelType): CelType {
  return `list(${item})`;
}

/** The type of a list's items, or undefined when the type is no list. */
export function itemOf(type: CelType): CelType | undefined {
  return type.startsWith('list(') ? (type.slice(5, -1) as CelType) : undefined;
}

/** The one type both are, counting `[]` as a list of anything; undefined when they differ. */
export function joined(a: CelType, b: CelType): CelType | undefined {
  if (a === b || b === 'never') return a;
  if (a === 'never') return b;
  const itemA = itemOf(a);
  const itemB = itemOf(b);
  if (itemA === undefined || itemB === undefined) return undefined;
  const item = joined(itemA, itemB);
  return item === undefined ? undefined : listOf(item);
}

export function isNumeric(type: CelType): boolean {
  return type === 'int' || type === 'uint' || type === 'double';
}
