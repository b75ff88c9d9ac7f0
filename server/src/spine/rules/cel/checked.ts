import type { FieldType } from '../kind-schema.ts';
import type { CelType, CelValue, ScalarType } from './types.ts';

/** A function of values that never throws; undefined is CEL's error. */
export type Strict = (a: CelValue, b: CelValue, c: CelValue) => CelValue | undefined;

export type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** How two operands are compared: numbers (any mix, exactly), text by code points, bools, or lists item by item. */
export type Comparison = 'number' | 'text' | 'bool' | 'list';

export type FoldMacro = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';

/** An expression whose names and types are settled; nothing in it can be ill-typed when the record is as declared. */
export type Checked =
  | { readonly kind: 'constant'; readonly type: CelType; readonly value: CelValue }
  | {
      readonly kind: 'field';
      readonly type: CelType;
      readonly variable: string;
      readonly field: string;
      readonly declared: FieldType;
    }
  | {
      readonly kind: 'scalar';
      readonly type: CelType;
      readonly variable: string;
      readonly declared: ScalarType;
    }
  | { readonly kind: 'local'; readonly type: CelType; readonly slot: number }
  | {
      readonly kind: 'has';
      readonly type: 'bool';
      readonly variable: string;
      readonly field: string;
      readonly declared: FieldType;
    }
  | { readonly kind: 'and' | 'or'; readonly type: 'bool'; readonly parts: readonly Checked[] }
  | { readonly kind: 'not'; readonly type: 'bool'; readonly of: Checked }
  | {
      readonly kind: 'choose';
      readonly type: CelType;
      readonly when: Checked;
      readonly then: Checked;
      readonly otherwise: Checked;
    }
  | {
      readonly kind: 'compare';
      readonly type: 'bool';
      readonly operator: ComparisonOperator;
      readonly comparison: Comparison;
      readonly left: Checked;
      readonly right: Checked;
    }
  | { readonly kind: 'in'; readonly type: 'bool'; readonly item: Checked; readonly list: Checked }
  | {
      readonly kind: 'call';
      readonly type: CelType;
      readonly name: string;
      readonly apply: Strict;
      readonly args: readonly Checked[];
    }
  | { readonly kind: 'list'; readonly type: CelType; readonly items: readonly Checked[] }
  | {
      readonly kind: 'fold';
      readonly type: CelType;
      readonly macro: FoldMacro;
      readonly slot: number;
      readonly range: Checked;
      /** The condition on each item; null for a `map` without one. */
      readonly condition: Checked | null;
      /** What `map` makes of each item; null for the others. */
      readonly step: Checked | null;
    };
