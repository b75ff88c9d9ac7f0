import { CEL_ERROR, type CelPlan, type CelProgram, type Checked, childrenOf } from '../cel/index.ts';
import { KernelTree, type KernelWorld, type LaneSource } from './kernel-tree.ts';
import { type Lane, OwnLane } from './lane.ts';
import type { RuleViews } from './rule-views.ts';
import type { TextNumbers } from './texts.ts';

/**
 * An expression of a rule in its two forms: loops over lanes for whole batches, and closures over views for
 * one record. Where a loop comes to a value it cannot hold, the closures say what it is.
 */
export class LaneProgram {
  /** The expression over views. */
  readonly cel: CelProgram;
  readonly #source: LaneSource;
  readonly #doubts: number[];
  readonly #texts: TextNumbers;
  readonly #isText: boolean;
  readonly #views: RuleViews;

  /**
   * `cel` builds an expression over views. `isText` when whatever the expression is, its text is wanted, by
   * number.
   */
  constructor(
    plan: CelPlan,
    cel: (node: Checked) => CelProgram,
    world: Omit<KernelWorld, 'apart'>,
    views: RuleViews,
    isText: boolean,
  ) {
    this.cel = cel(plan.checked);
    this.#texts = world.texts;
    this.#isText = isText;
    this.#views = views;
    const apart = (node: Checked): LaneSource => this.#apart(cel(node));
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
      for (const i of this.#doubts) lane[i] = this.#numberOf(this.cel.evaluate(this.#views.see(i) as never));
      this.#doubts.length = 0;
    }
    return lane;
  }

  /** An expression evaluated record by record; what it is part of is in doubt where an int fits no lane. */
  #apart(cel: CelProgram): LaneSource {
    const own = new OwnLane();
    return (from, to) => {
      const out = own.to(to);
      for (let i = from; i < to; i += 1) {
        const value = cel.evaluate(this.#views.see(i) as never);
        out[i] = this.#numberOf(value);
        if (typeof value === 'bigint') this.#doubts.push(i);
      }
      return out;
    };
  }

  /** The number a lane holds for a value. */
  #numberOf(value: unknown): number {
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
