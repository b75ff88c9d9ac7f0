/** The value of a literal: `int` and `uint` as bigint, `double` as number. */
export type Literal =
  | { readonly type: 'int' | 'uint'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'null'; readonly value: null };

export type RelationOperator = '<' | '<=' | '>' | '>=' | '==' | '!=' | 'in';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

/** An expression as written, before macros and types. `at` is the offset of the part it is known by in the source. */
export type Syntax = { readonly at: number } & (
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'name'; readonly name: string; readonly isRooted: boolean }
  | { readonly kind: 'select'; readonly of: Syntax; readonly field: string }
  | { readonly kind: 'index'; readonly of: Syntax; readonly index: Syntax }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly target: Syntax | null;
      readonly args: readonly Syntax[];
    }
  | { readonly kind: 'list'; readonly items: readonly Syntax[] }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'not' | 'negate'; readonly of: Syntax }
  | {
      readonly kind: 'binary';
      readonly operator: RelationOperator | ArithmeticOperator;
      readonly left: Syntax;
      readonly right: Syntax;
    }
  | { readonly kind: 'choose'; readonly when: Syntax; readonly then: Syntax; readonly otherwise: Syntax }
);
