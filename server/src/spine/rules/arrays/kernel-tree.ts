import type { Checked } from '../cel/index.ts';
import type { BoundLanes } from './bound-lanes.ts';
import * as kernels from './kernels.ts';
import { type Lane, OwnLane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { TextNumbers } from './texts.ts';

/** Works out one lane for the records `from` up to before `to`. */
export type LaneSource = (from: number, to: number) => Lane;

/** What an expression over lanes is built with. */
export interface KernelWorld {
  readonly lanes: Lanes;
  readonly bound: BoundLanes;
  readonly texts: TextNumbers;
  /** The lane of an output of an operator. */
  state(field: string): () => Lane;
  /** Any expression, record by record, for what no kernel does. */
  apart(node: Checked): LaneSource;
}

type NodeOf<K extends Checked['kind']> = Extract<Checked, { kind: K }>;

/**
 * An expression as loops over lanes: the value of `build.ts`, record for record, but for the records named in
 * `doubts`, whose value must be worked out exactly.
 */
export class KernelTree {
  readonly doubts: number[] = [];
  readonly #world: KernelWorld;

  constructor(world: KernelWorld) {
    this.#world = world;
  }

  build(node: Checked): LaneSource {
    switch (node.kind) {
      case 'constant':
        return this.#constant(node);
      case 'field':
        return isLane(node) ? this.#field(node) : this.#world.apart(node);
      case 'has':
        return this.#has(node);
      case 'and':
        return this.#chain(kernels.and, node.parts);
      case 'or':
        return this.#chain(kernels.or, node.parts);
      case 'not':
        return this.#one(kernels.not, this.build(node.of));
      case 'choose':
        return this.#choose(node);
      case 'compare':
        return this.#compare(node);
      case 'in':
        return this.#in(node);
      case 'call':
        return this.#call(node);
      default:
        return this.#world.apart(node);
    }
  }

  #constant(node: NodeOf<'constant'>): LaneSource {
    const { value } = node;
    const number =
      typeof value === 'string'
        ? this.#world.texts.idOf(value)
        : typeof value === 'boolean'
          ? Number(value)
          : value;
    if (typeof number !== 'number' || node.type === 'double' || node.type === 'uint')
      return this.#world.apart(node);
    const own = new OwnLane();
    return (_from, to) => {
      const lane = own.to(to);
      if (lane[lane.length - 1] !== number) lane.fill(number);
      return lane;
    };
  }

  #field({ variable, field }: NodeOf<'field'> | NodeOf<'has'>): LaneSource {
    if (variable === 'observation') return this.#world.lanes.field(field);
    if (variable === 'bound') return this.#world.bound.lane(field);
    return this.#world.state(field);
  }

  #has(node: NodeOf<'has'>): LaneSource {
    const { variable, field, declared } = node;
    if (!isLane(node)) {
      if (variable !== 'bound' || declared !== 'string-list') return this.#world.apart(node);
      return this.#one(kernels.has, this.#world.bound.lane(field, true));
    }
    const of = this.#field(node);
    return this.#one(declared === 'string' ? kernels.hasText : kernels.has, of);
  }

  #choose(node: NodeOf<'choose'>): LaneSource {
    if (!['bool', 'int', 'string'].includes(node.type)) return this.#world.apart(node);
    const [when, yes, no] = [this.build(node.when), this.build(node.then), this.build(node.otherwise)];
    const own = new OwnLane();
    return (from, to) => {
      const [a, b, c] = [when(from, to), yes(from, to), no(from, to)];
      const out = own.to(to);
      kernels.choose(a, b, c, out, [from, to]);
      return out;
    };
  }

  #compare(node: NodeOf<'compare'>): LaneSource {
    const { left, right, operator } = node;
    const type = left.type === right.type ? left.type : null;
    const isEquality = operator === '==' || operator === '!=';
    if (type === 'string' && isEquality) return this.#equality(kernels.textEqual, node);
    if (type === 'bool' && isEquality) return this.#equality(kernels.equal, node);
    if (type !== 'int') return this.#world.apart(node);
    if (isEquality) return this.#equality(kernels.equal, node);
    const isStrict = operator === '<' || operator === '>';
    const [low, high] = operator === '<' || operator === '<=' ? [left, right] : [right, left];
    const [least, most] = [limitOf(low, isStrict ? 0 : -1), limitOf(high, isStrict ? 0 : 1)];
    if (least !== null) return this.#one(kernels.above, this.build(high), least);
    if (most !== null) return this.#one(kernels.below, this.build(low), most);
    return this.#two(isStrict ? kernels.less : kernels.lessOrEqual, this.build(low), this.build(high));
  }

  #equality(kernel: kernels.Kernel2, { left, right, operator }: NodeOf<'compare'>): LaneSource {
    const isEqual = this.#two(kernel, this.build(left), this.build(right));
    return operator === '==' ? isEqual : this.#one(kernels.not, isEqual);
  }

  #in(node: NodeOf<'in'>): LaneSource {
    const { item, list } = node;
    if (list.kind === 'field' && list.variable === 'bound' && item.type === 'string') {
      const ask = this.#world.bound.textIn(list.field);
      const own = new OwnLane();
      const of = this.build(item);
      return (from, to) => {
        const lane = of(from, to);
        const out = own.to(to);
        ask(lane, out, from, to);
        return out;
      };
    }
    if (list.kind !== 'constant' || (item.type !== 'string' && item.type !== 'int'))
      return this.#world.apart(node);
    const values = list.value as readonly unknown[];
    const among = item.type === 'string' ? kernels.textAmong : kernels.intAmong;
    const few = values.map(value =>
      typeof value === 'string' ? this.#world.texts.idOf(value) : (value as number),
    );
    // An int beyond the safe integers equals no lane's, as it equals no safe one.
    const known = few.filter(value => typeof value === 'number');
    return this.#one((a, out, from, to) => among(a, known, out, from, to), this.build(item));
  }

  #call(node: NodeOf<'call'>): LaneSource {
    const [a, b] = node.args;
    if (node.type !== 'int' || a?.type !== 'int') return this.#world.apart(node);
    const kernel = INT_KERNELS[node.name];
    if (kernel === undefined || (b !== undefined && b.type !== 'int')) return this.#world.apart(node);
    if (b !== undefined) return this.#two(kernel, this.build(a), this.build(b));
    if (node.name !== '-') return this.#world.apart(node);
    const zero: Checked = { kind: 'constant', type: 'int', value: 0 };
    return this.#two(kernel, this.build(zero), this.build(a));
  }

  #chain(kernel: kernels.Kernel2, parts: readonly Checked[]): LaneSource {
    const [first, ...rest] = parts.map(part => this.build(part)) as [LaneSource, ...LaneSource[]];
    return rest.reduce((left, right) => this.#two(kernel, left, right), first);
  }

  /**
   * `limit` is for a kernel that compares with one. All go through this one call, so that none is made part of the
   * caller, which the engine takes longer to make fast.
   */
  #one(kernel: kernels.Kernel1, of: LaneSource, limit = 0): LaneSource {
    const own = new OwnLane();
    return (from, to) => {
      const lane = of(from, to);
      const out = own.to(to);
      kernel(lane, out, from, to, limit);
      return out;
    };
  }

  #two(kernel: kernels.Kernel2, left: LaneSource, right: LaneSource): LaneSource {
    const own = new OwnLane();
    return (from, to) => {
      const [a, b] = [left(from, to), right(from, to)];
      const out = own.to(to);
      kernel(a, b, out, from, to, this.doubts);
      return out;
    };
  }
}

/** The number an int is compared with, moved so that it is not among those that meet it; null for none that is safe. */
function limitOf(node: Checked, by: number): number | null {
  if (node.kind !== 'constant' || typeof node.value !== 'number') return null;
  const limit = node.value + by;
  return Number.isSafeInteger(limit) ? limit : null;
}

/** Whether there is a lane of the field: lists and what is told of the subject have none. */
function isLane({ variable, declared }: NodeOf<'field'> | NodeOf<'has'>): boolean {
  return declared !== 'string-list' && variable !== 'subject';
}

const INT_KERNELS: Readonly<Record<string, kernels.Kernel2>> = {
  '+': kernels.add,
  '-': kernels.subtract,
  '*': kernels.multiply,
  '/': kernels.divide,
  '%': kernels.modulo,
};
