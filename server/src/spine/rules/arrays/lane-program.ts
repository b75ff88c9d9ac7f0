import { CEL_ERROR, type CelPlan, type CelProgram, type Checked, childrenOf } from '../cel/index.ts';
import { KernelTree, type KernelWorld, type LaneSource } from './kernel-tree.ts';
import type { Lane } from './lanes.ts';
import type { TextNumbers } from './operator.ts';

/**
 * An expression of a rule in its two forms: loops over lanes for whole batches, and closures over views for
 * one record. Where a loop comes to a value it cannot hold, the closures say what it is.
 */
export class LaneProgram {
  /** The expression over views. */
  readonly cel: CelProgram;
  readonly #plan: CelPlan;
  readonly #source: LaneSource;
  readonly #doubts: number[];
  readonly #texts: TextNumbers;
  readonly #isText: boolean;
  readonly #scopeAt: (i: number) => unknown;

  /**
   * `scopeAt` gives the views filled for a record of the batch in hand. `isText` when whatever the expression
   * is, its text is wanted, by number.
   */
  constructor(
    plan: CelPlan,
    cel: CelProgram,
    world: Omit<KernelWorld, 'apart'>,
    apart: KernelWorld['apart'],
    scopeAt: (i: number) => unknown,
    isText = false,
  ) {
    this.#plan = plan;
    this.cel = cel;
    this.#texts = world.texts;
    this.#isText = isText;
    this.#scopeAt = scopeAt;
    const tree = new KernelTree({ ...world, apart });
    this.#doubts = tree.doubts;
    const asIs = plan.resultType === 'int' || plan.resultType === 'bool' || plan.resultType === 'string';
    const isLane = (isText ? plan.resultType === 'string' : asIs) && !hasMacro(plan.checked);
    this.#source = isLane ? tree.build(plan.checked) : apart(plan.checked);
  }

  /** One number for each record: see `Lane`. */
  run(from: number, to: number): Lane {
    const lane = this.#source(from, to);
    if (this.#doubts.length > 0) {
      for (const i of this.#doubts) lane[i] = this.numberOf(this.cel.evaluate(this.#scopeAt(i) as never));
      this.#doubts.length = 0;
    }
    return lane;
  }

  get resultType(): string {
    return this.#plan.resultType;
  }

  /** The number a lane holds for a value. */
  numberOf(value: unknown): number {
    if (value === CEL_ERROR || value === undefined || value === null) return Number.NaN;
    if (typeof value === 'bigint') return Number.NaN;
    if (this.#isText || typeof value === 'string') return this.#texts.idOf(String(value));
    return Number(value);
  }
}

/** The steps of macros are counted over a whole expression, so one that has any is evaluated whole. */
function hasMacro(node: Checked): boolean {
  return node.kind === 'fold' || childrenOf(node).some(hasMacro);
}
