import { CEL_ERROR, type CelPlan, type CelProgram, type CelRecord } from '../cel/index.ts';
import { addedFields, type StateDeclaration, type Taker } from '../rule.ts';
import type { Batch, Column, KindFields } from './columns.ts';
import type { TextNumbers } from './operator.ts';
import type { FieldValue } from './view.ts';

/** One argument of an operator: where its number comes from. */
type Source =
  | { readonly from: 'nothing'; readonly value: number }
  | { readonly from: 'column'; readonly column: number }
  | { readonly from: 'text-of-int' | 'text-of-bool'; readonly column: number }
  | {
      readonly from: 'program';
      readonly cel: CelProgram;
      readonly needs: readonly number[];
      readonly isText: boolean;
    };

/** The arguments of one operator of one rule, read from a record's columns as the numbers it takes. */
export class Arguments {
  readonly values = new Float64Array(3);
  readonly #sources: readonly Source[];
  readonly #fields: KindFields;
  readonly #texts: TextNumbers;

  /** `program` builds an expression over the rule's views. */
  constructor(
    declaration: StateDeclaration,
    fields: KindFields,
    texts: TextNumbers,
    program: (plan: CelPlan) => CelProgram,
  ) {
    this.#fields = fields;
    this.#texts = texts;
    this.#sources = declaration.takes.map((taker, at) =>
      this.#sourceOf(taker, isTextOf(declaration, at), program),
    );
  }

  /** Reads record `i` into `values`; false when one cannot be evaluated. */
  read(batch: Batch, i: number, scope: CelRecord): boolean {
    for (let n = 0; n < this.#sources.length; n += 1) {
      const source = this.#sources[n] as Source;
      if (source.from === 'column') this.values[n] = (batch.columns[source.column] as Column)[i] as number;
      else if (source.from === 'nothing') this.values[n] = source.value;
      else if (source.from === 'program') {
        const value = this.#evaluate(source, batch, i, scope);
        // An int beyond the safe integers is no value judging can keep.
        if (value === CEL_ERROR || typeof value === 'bigint') return false;
        this.values[n] = numberOf(value as FieldValue, source.isText, this.#texts);
      } else {
        const value = (batch.columns[source.column] as Column)[i] as number;
        this.values[n] = this.#textOfNumber(value, source.from === 'text-of-bool');
      }
    }
    return true;
  }

  /** Undefined where a field it needs is absent. */
  #evaluate(
    source: Extract<Source, { from: 'program' }>,
    batch: Batch,
    i: number,
    scope: CelRecord,
  ): unknown {
    for (const column of source.needs) {
      const value = (batch.columns[column] as Column)[i] as number;
      const isAbsent = this.#fields.types[column] === 'int' ? Number.isNaN(value) : value === 0;
      if (isAbsent) return undefined;
    }
    return source.cel.evaluate(scope);
  }

  #textOfNumber(value: number, isBool: boolean): number {
    if (isBool) return value === 0 ? 0 : this.#texts.idOf(value === 2 ? 'true' : 'false');
    return Number.isNaN(value) ? 0 : this.#texts.idOf(String(value));
  }

  #sourceOf(taker: Taker, isText: boolean, program: (plan: CelPlan) => CelProgram): Source {
    if ('value' in taker) return { from: 'nothing', value: numberOf(taker.value, isText, this.#texts) };
    if ('field' in taker) {
      const column = this.#fields.column(taker.field);
      const type = this.#fields.types[column];
      if (!isText || type === 'string') return { from: 'column', column };
      return { from: type === 'int' ? 'text-of-int' : 'text-of-bool', column };
    }
    const needs = taker.needs
      .filter(field => !(field in addedFields))
      .map(field => this.#fields.column(field));
    return { from: 'program', cel: program(taker.program.plan), needs, isText };
  }
}

/** Of `overlap` the value is compared as text, its length is an int; of `change` and `distinct` all is text. */
function isTextOf(declaration: StateDeclaration, at: number): boolean {
  const { operator } = declaration.shape;
  return operator === 'change' || operator === 'distinct' || (operator === 'overlap' && at === 0);
}

function numberOf(value: FieldValue, isText: boolean, texts: TextNumbers): number {
  if (isText) return value === undefined ? 0 : texts.idOf(String(value));
  return typeof value === 'number' ? value : Number.NaN;
}
