import type { OperatorState } from '../operators/operator.ts';
import { reachOf } from '../operators/overlap.ts';
import type { OperatorShape } from '../rule.ts';
import type { Keeps } from './kept.ts';
import type { OwnLane } from './lane.ts';
import { Lists } from './lists.ts';
import { putWide, wideAt } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import type { Run } from './run.ts';
import type { TextNumbers } from './texts.ts';

/** Words of an entry: the value, and when its use ends, in two. */
const SIZE = 3;

/** `overlap` over lists of a pool: an entry for each value whose use a later span can reach. */
export class OverlapRows implements RowOperator {
  readonly window = null;
  readonly keeps: Keeps;
  readonly #lists: Lists;
  readonly #texts: TextNumbers;
  readonly #shape: Extract<OperatorShape, { operator: 'overlap' }>;
  readonly #reachMs: number;
  readonly #outs: readonly OwnLane[];

  constructor(shape: Extract<OperatorShape, { operator: 'overlap' }>, place: Place) {
    this.#lists = new Lists(place.rows, place.pool, place.word, SIZE);
    this.keeps = { texts: [], lists: [{ at: place.word, size: SIZE, isOfTexts: true }] };
    this.#texts = place.texts;
    this.#shape = shape;
    this.#reachMs = reachOf(shape.anchor, shape.lookBackMs);
    this.#outs = place.outs;
  }
  move({ from, to, slots, atMs, asked, args }: Run): void {
    const [values, lasts] = args;
    const others = outLane(this.#outs, 0, to);
    const full = outLane(this.#outs, 1, to);
    const { cap, lookBackMs, anchor } = this.#shape;
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const now = atMs[i] as number;
      const value = (values[i] as number) | 0;
      const lastsMs = Math.min(lasts[i] as number, lookBackMs);
      others[i] = 0;
      if (value > 0 && lastsMs > 0 && (asked === null || asked[i] === 1)) {
        const sinceMs = anchor === 'end' ? now - lastsMs : now;
        const count = this.#hear(slot, value, now, sinceMs + lastsMs);
        others[i] = Math.min(cap, this.#reaching(slot, value, sinceMs));
        full[i] = count > cap ? 1 : 0;
      } else full[i] = this.#forget(slot, now - this.#reachMs) > cap ? 1 : 0;
    }
  }
  show(slot: number, atMs: number): void {
    outLane(this.#outs, 0, 1)[0] = 0;
    outLane(this.#outs, 1, 1)[0] = this.#forget(slot, atMs - this.#reachMs) > this.#shape.cap ? 1 : 0;
  }
  freeze(slot: number): OperatorState {
    const values: string[] = [];
    const untilMs: number[] = [];
    const { words } = this.#lists.pool;
    for (let i = 0, at = this.#lists.first(slot); i < this.#lists.count(slot); i += 1, at += SIZE) {
      values.push(this.#texts.textOf(words[at] as number) as string);
      untilMs.push(wideAt(words, at + 1));
    }
    return { values, untilMs };
  }
  thaw(slot: number, state: OperatorState): void {
    this.#lists.clear(slot);
    const { values, untilMs } = state as { values: string[]; untilMs: number[] };
    for (const [i, value] of values.entries())
      this.#push(slot, this.#texts.idOf(value), untilMs[i] as number);
  }

  /** The value stands at the end, with the later of its ends; how many others are in reach. */
  #hear(slot: number, value: number, now: number, untilMs: number): number {
    const lists = this.#lists;
    const count = this.#forget(slot, now - this.#reachMs);
    const { words } = lists.pool;
    const first = lists.first(slot);
    for (let i = 0, at = first; i < count; i += 1, at += SIZE) {
      if (words[at] !== value) continue;
      const laterMs = Math.max(untilMs, wideAt(words, at + 1));
      words.copyWithin(at, at + SIZE, first + count * SIZE);
      this.#put(first + (count - 1) * SIZE, value, laterMs);
      return count - 1;
    }
    this.#push(slot, value, untilMs);
    if (count + 1 <= this.#shape.cap + 2) return count;
    this.#forgetFirst(slot);
    return count;
  }

  /** Forgets what ended by the moment; how many are left. */
  #forget(slot: number, untilMs: number): number {
    const lists = this.#lists;
    let count = lists.count(slot);
    for (let i = count - 1; i >= 0; i -= 1) {
      if (wideAt(lists.pool.words, lists.first(slot) + i * SIZE + 1) > untilMs) continue;
      lists.remove(slot, i, 1);
      count -= 1;
    }
    return count;
  }

  /** The one that ends first; of equal ends the one heard first. */
  #forgetFirst(slot: number): void {
    const { words } = this.#lists.pool;
    const at = this.#lists.first(slot);
    let first = 0;
    for (let i = 1; i < this.#lists.count(slot); i += 1)
      if (wideAt(words, at + i * SIZE + 1) < wideAt(words, at + first * SIZE + 1)) first = i;
    this.#lists.remove(slot, first, 1);
  }

  /** Other values whose use reaches beyond the moment. */
  #reaching(slot: number, value: number, sinceMs: number): number {
    const { words } = this.#lists.pool;
    let others = 0;
    for (let i = 0, at = this.#lists.first(slot); i < this.#lists.count(slot); i += 1, at += SIZE)
      if (words[at] !== value && wideAt(words, at + 1) > sinceMs) others += 1;
    return others;
  }

  #push(slot: number, value: number, untilMs: number): void {
    this.#put(this.#lists.push(slot), value, untilMs);
  }

  #put(at: number, value: number, untilMs: number): void {
    this.#lists.pool.words[at] = value;
    putWide(this.#lists.pool.words, at + 1, untilMs);
  }
}
