import type { OperatorState } from '../operators/operator.ts';
import { PLAIN } from './kept.ts';
import { NONE, type OwnLane } from './lane.ts';
import type { Rows } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import type { Run } from './run.ts';

/** The last time is kept with 1 added, so that a new row's 0 is "never". */
export class AbsenceRows implements RowOperator {
  readonly window = null;
  readonly keeps = PLAIN;
  readonly #rows: Rows;
  readonly #windowMs: number;
  readonly #lookBackMs: number;
  readonly #wide: number;
  readonly #outs: readonly OwnLane[];

  constructor(windowMs: number, lookBackMs: number, place: Place) {
    this.#rows = place.rows;
    this.#windowMs = windowMs;
    this.#lookBackMs = lookBackMs;
    this.#wide = place.wide;
    this.#outs = place.outs;
  }
  move({ from, to, slots, atMs, asked }: Run): void {
    const { wides, stride } = this.#rows;
    const isLong = outLane(this.#outs, 0, to);
    const gaps = outLane(this.#outs, 1, to);
    const [atWide, windowMs, lookBackMs] = [this.#wide, this.#windowMs, this.#lookBackMs];
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      const at = slot * (stride >> 1) + atWide;
      const now = atMs[i] as number;
      const isTaken = asked === null || asked[i] === 1;
      const sinceMs = (wides[at] as number) - 1;
      const gapMs = sinceMs < 0 || now - sinceMs > lookBackMs ? -1 : now - sinceMs;
      if (isTaken) wides[at] = now + 1;
      isLong[i] = gapMs >= 0 && (isTaken ? gapMs > windowMs : gapMs >= windowMs) ? 1 : 0;
      gaps[i] = gapMs < 0 ? NONE : gapMs;
    }
  }
  show(slot: number, atMs: number): void {
    const gapMs = this.#gap(this.lastMs(slot), atMs);
    outLane(this.#outs, 0, 1)[0] = gapMs >= 0 && gapMs >= this.#windowMs ? 1 : 0;
    outLane(this.#outs, 1, 1)[0] = gapMs < 0 ? NONE : gapMs;
  }
  /** Time of the last record taken in; negative before a first one. */
  lastMs(slot: number): number {
    return (this.#rows.wides[slot * (this.#rows.stride >> 1) + this.#wide] as number) - 1;
  }
  freeze(slot: number): OperatorState {
    const lastMs = this.lastMs(slot);
    return { lastMs: lastMs < 0 ? null : lastMs };
  }
  thaw(slot: number, state: OperatorState): void {
    const lastMs = state['lastMs'] as number | null;
    this.#rows.wides[slot * (this.#rows.stride >> 1) + this.#wide] = lastMs === null ? 0 : lastMs + 1;
  }

  /** Since when nothing was heard, in milliseconds; negative when that is not known or too long ago. */
  #gap(sinceMs: number, atMs: number): number {
    return sinceMs < 0 || atMs - sinceMs > this.#lookBackMs ? -1 : atMs - sinceMs;
  }
}
