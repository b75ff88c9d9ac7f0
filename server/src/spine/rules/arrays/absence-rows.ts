import type { OperatorState } from '../operators/operator.ts';
import type { Rows } from './memory.ts';
import type { Place, RowOperator } from './operator.ts';
import { put, type View } from './view.ts';

/** The last time is kept with 1 added, so that a new row's 0 is "never". */
export class AbsenceRows implements RowOperator {
  readonly #rows: Rows;
  readonly #windowMs: number;
  readonly #lookBackMs: number;
  readonly #wide: number;
  readonly #out: number;
  #beforeMs = -1;

  constructor(windowMs: number, lookBackMs: number, place: Place) {
    this.#rows = place.rows;
    this.#windowMs = windowMs;
    this.#lookBackMs = lookBackMs;
    this.#wide = place.wide;
    this.#out = place.out;
  }
  take(slot: number, atMs: number): boolean {
    const at = slot * (this.#rows.stride >> 1) + this.#wide;
    this.#beforeMs = (this.#rows.wides[at] as number) - 1;
    this.#rows.wides[at] = atMs + 1;
    return true;
  }
  show(slot: number, atMs: number, taken: boolean, view: View): void {
    const sinceMs = taken ? this.#beforeMs : this.lastMs(slot);
    const gapMs = sinceMs < 0 || atMs - sinceMs > this.#lookBackMs ? -1 : atMs - sinceMs;
    put(view, this.#out, gapMs >= 0 && (taken ? gapMs > this.#windowMs : gapMs >= this.#windowMs));
    put(view, this.#out + 1, gapMs < 0 ? undefined : gapMs);
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
}
