import { addedFields, type StateDeclaration, type Taker } from '../rule.ts';
import { type Lane, OwnLane } from './lane.ts';
import type { LaneProgram } from './lane-program.ts';
import type { Lanes } from './lanes.ts';
import type { TextNumbers } from './texts.ts';

/** Where one argument of an operator comes from, and for an expression, whether a record had all it needs. */
interface Source {
  lane(from: number, to: number): Lane;
  readonly hasFailed: ((i: number) => boolean) | null;
}

/** The arguments of one operator of one rule, as lanes. */
export class Arguments {
  readonly #sources: readonly Source[];
  readonly #nothing = new OwnLane();
  #held: { readonly lane: Lane; readonly hasFailed: Source['hasFailed'] }[] = [];

  /** `program` builds an expression over the rule's lanes; its text is given by number. */
  constructor(
    declaration: StateDeclaration,
    lanes: Lanes,
    texts: TextNumbers,
    program: (taker: Extract<Taker, { program: unknown }>, isText: boolean) => LaneProgram,
  ) {
    this.#sources = declaration.takes.map((taker, at) =>
      sourceOf(taker, isTextOf(declaration, at), lanes, texts, program),
    );
  }

  lanes(from: number, to: number): readonly [Lane, Lane, Lane] {
    this.#held = this.#sources.map(({ lane, hasFailed }) => ({ lane: lane(from, to), hasFailed }));
    const lane = (n: number): Lane => this.#held[n]?.lane ?? this.#nothing.to(to);
    return [lane(0), lane(1), lane(2)];
  }

  get mayFail(): boolean {
    return this.#sources.some(source => source.hasFailed !== null);
  }

  /**
   * Notes `number` for each record that is asked for and has nothing noted yet where an argument, all of whose
   * fields are there, could not be evaluated.
   */
  noteFailed(number: number, asked: Lane | null, failed: Uint8Array, from: number, to: number): void {
    for (const { lane, hasFailed } of this.#held) {
      if (hasFailed === null) continue;
      for (let i = from; i < to; i += 1)
        if (Number.isNaN(lane[i] as number) && failed[i] === 0 && (asked === null || asked[i] === 1))
          if (hasFailed(i)) failed[i] = number;
    }
  }
}

function sourceOf(
  taker: Taker,
  isText: boolean,
  lanes: Lanes,
  texts: TextNumbers,
  program: (taker: Extract<Taker, { program: unknown }>, isText: boolean) => LaneProgram,
): Source {
  if ('program' in taker) {
    const value = program(taker, isText);
    const needs = taker.needs
      .filter(field => !(field in addedFields))
      .map(field => {
        const column = lanes.fields.column(field);
        const isTextColumn = lanes.fields.types[column] === 'string';
        return { column, isTextColumn };
      });
    return {
      lane: (from, to) => value.run(from, to),
      hasFailed: i =>
        needs.every(({ column, isTextColumn }) => {
          const held = (lanes.batch.columns[column] as Lane)[i] as number;
          return isTextColumn ? held > 0 : !Number.isNaN(held);
        }),
    };
  }
  if ('value' in taker) {
    const own = new OwnLane();
    const value = numberOf(taker.value, isText, texts);
    return { lane: (_from, to) => own.to(to).fill(value), hasFailed: null };
  }
  const type = lanes.fields.typeOf(taker.field);
  const field = lanes.field(taker.field);
  if (!isText || type === 'string') return { lane: () => field(), hasFailed: null };
  const own = new OwnLane();
  return {
    lane: (from, to) => {
      const out = own.to(to);
      const of = field();
      for (let i = from; i < to; i += 1) out[i] = textOf(of[i] as number, type === 'bool', texts);
      return out;
    },
    hasFailed: null,
  };
}

function textOf(value: number, isBool: boolean, texts: TextNumbers): number {
  if (Number.isNaN(value)) return 0;
  return texts.idOf(isBool ? String(value === 1) : String(value));
}

/** Of `overlap` the value is compared as text, its length is an int; of `change` and `distinct` all is text. */
function isTextOf(declaration: StateDeclaration, at: number): boolean {
  const { operator } = declaration.shape;
  return operator === 'change' || operator === 'distinct' || (operator === 'overlap' && at === 0);
}

function numberOf(value: unknown, isText: boolean, texts: TextNumbers): number {
  if (isText) return value === undefined ? 0 : texts.idOf(String(value));
  return typeof value === 'number' ? value : Number.NaN;
}
