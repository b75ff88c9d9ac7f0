import type { OperatorState } from '../operators/operator.ts';
import type { OperatorShape } from '../rule.ts';
import type { Keeps } from './kept.ts';
import type { OwnLane } from './lane.ts';
import { Lists } from './lists.ts';
import { putWide, wideAt } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import type { Run } from './run.ts';
import type { TextNumbers } from './texts.ts';

/** An entry: the value, the time of the record, and how long it lasted. */
export class OverlapRows implements RowOperator {
  readonly window = null;
  readonly keeps: Keeps;
  readonly #lists: Lists;
  readonly #texts: TextNumbers;
  readonly #shape: Extract<OperatorShape, { operator: 'overlap' }>;
  readonly #outs: readonly OwnLane[];

  constructor(shape: Extract<OperatorShape, { operator: 'overlap' }>, place: Place) {
    this.#lists = new Lists(place.rows, place.pool, place.word, 5);
    this.keeps = { texts: [], lists: [{ at: place.word, size: 5, isOfTexts: true }] };
    this.#texts = place.texts;
    this.#shape = shape;
    this.#outs = place.outs;
  }
  move({ from, to, slots, atMs, asked, args }: Run): void {
    const [values, lasts] = args;
    const others = outLane(this.#outs, 0, to);
    const full = outLane(this.#outs, 1, to);
    const { cap } = this.#shape;
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const now = atMs[i] as number;
      const value = values[i] as number;
      const lastsMs = lasts[i] as number;
      const isTaken = value > 0 && lastsMs >= 0 && (asked === null || asked[i] === 1);
      if (isTaken) {
        this.#push(slot, value, now, lastsMs);
        const more = this.#lists.count(slot) - cap - 2;
        if (more > 0) this.#lists.remove(slot, 0, more);
      }
      const count = this.#forget(slot, now);
      const isJudged = isTaken && count > 0;
      others[i] = isJudged ? this.#overlapping(slot, count - 1, Math.max(0, count - 1 - cap)) : 0;
      full[i] = count - (isJudged ? 1 : 0) > cap ? 1 : 0;
    }
  }
  show(slot: number, atMs: number): void {
    outLane(this.#outs, 0, 1)[0] = 0;
    outLane(this.#outs, 1, 1)[0] = this.#forget(slot, atMs) > this.#shape.cap ? 1 : 0;
  }
  freeze(slot: number): OperatorState {
    const state = {
      values: [] as string[],
      fromMs: [] as number[],
      toMs: [] as number[],
      atMs: [] as number[],
    };
    for (let i = 0; i < this.#lists.count(slot); i += 1) {
      const { value, fromMs, toMs, atMs } = this.#entry(slot, i);
      state.values.push(this.#texts.textOf(value) as string);
      state.fromMs.push(fromMs);
      state.toMs.push(toMs);
      state.atMs.push(atMs);
    }
    return state;
  }
  thaw(slot: number, state: OperatorState): void {
    this.#lists.clear(slot);
    const { values, fromMs, toMs, atMs } = state as Record<string, (number | string)[]>;
    for (const [i, value] of (values as string[]).entries()) {
      const lastsMs = (toMs?.[i] as number) - (fromMs?.[i] as number);
      this.#push(slot, this.#texts.idOf(value), atMs?.[i] as number, lastsMs);
    }
  }

  /** Forgets what is older than the look-back; how many are left. */
  #forget(slot: number, atMs: number): number {
    const lists = this.#lists;
    const count = lists.count(slot);
    const first = lists.first(slot);
    const { lookBackMs } = this.#shape;
    let gone = 0;
    while (gone < count && atMs - wideAt(lists.pool.words, first + gone * 5 + 1) > lookBackMs) gone += 1;
    lists.remove(slot, 0, gone);
    return count - gone;
  }

  #push(slot: number, value: number, atMs: number, lastsMs: number): void {
    const at = this.#lists.push(slot);
    const words = this.#lists.pool.words;
    words[at] = value;
    putWide(words, at + 1, atMs);
    putWide(words, at + 3, lastsMs);
  }

  #entry(slot: number, i: number): { value: number; fromMs: number; toMs: number; atMs: number } {
    const at = this.#lists.first(slot) + i * 5;
    const words = this.#lists.pool.words;
    const atMs = wideAt(words, at + 1);
    const lastsMs = wideAt(words, at + 3);
    const fromMs = this.#shape.anchor === 'end' ? atMs - lastsMs : atMs;
    return { value: words[at] as number, fromMs, toMs: fromMs + lastsMs, atMs };
  }

  #overlapping(slot: number, judged: number, first: number): number {
    const { value, fromMs, toMs } = this.#entry(slot, judged);
    let others: Set<number> | null = null;
    for (let i = first; i < judged; i += 1) {
      const other = this.#entry(slot, i);
      if (other.value === value) continue;
      if (Math.min(toMs, other.toMs) - Math.max(fromMs, other.fromMs) > 0) {
        others ??= new Set();
        others.add(other.value);
      }
    }
    return others === null ? 0 : others.size;
  }
}
