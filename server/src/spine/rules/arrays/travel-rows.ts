import type { OperatorState } from '../operators/operator.ts';
import { boundedRadius, isPlace, metresBetween } from '../operators/travel.ts';
import type { Rows } from './memory.ts';
import type { Place, RowOperator } from './operator.ts';
import { put, type View } from './view.ts';

/** The time of the place before is kept with 1 added, so that a new row's 0 is "no place". */
export class TravelRows implements RowOperator {
  readonly #rows: Rows;
  readonly #lookBackMs: number;
  readonly #wide: number;
  readonly #word: number;
  readonly #out: number;
  #metres = -1;
  #tookMs = 1;

  constructor(lookBackMs: number, place: Place) {
    this.#rows = place.rows;
    this.#lookBackMs = lookBackMs;
    this.#wide = place.wide;
    this.#word = place.word;
    this.#out = place.out;
  }
  take(slot: number, atMs: number, latE6: number, lonE6: number, accuracyM: number): boolean {
    if (!isPlace(latE6, lonE6)) return false;
    const { words, wides, stride } = this.#rows;
    const wide = slot * (stride >> 1) + this.#wide;
    const word = slot * stride + this.#word;
    const radius = boundedRadius(accuracyM);
    const beforeMs = (wides[wide] as number) - 1;
    this.#metres = -1;
    if (beforeMs >= 0 && atMs - beforeMs <= this.#lookBackMs) {
      const apart = metresBetween(words[word] as number, words[word + 1] as number, latE6, lonE6);
      this.#metres = Math.max(0, Math.floor(apart - radius - (words[word + 2] as number)));
      this.#tookMs = Math.max(1000, atMs - beforeMs);
    }
    words[word] = latE6;
    words[word + 1] = lonE6;
    words[word + 2] = radius;
    wides[wide] = atMs + 1;
    return true;
  }
  show(_slot: number, _atMs: number, taken: boolean, view: View): void {
    const isKnown = taken && this.#metres >= 0;
    put(view, this.#out, isKnown ? this.#metres : undefined);
    put(view, this.#out + 1, isKnown ? Math.floor((this.#metres * 3600) / this.#tookMs) : undefined);
  }
  freeze(slot: number): OperatorState {
    const { words, wides, stride } = this.#rows;
    const atMs = (wides[slot * (stride >> 1) + this.#wide] as number) - 1;
    const word = slot * stride + this.#word;
    if (atMs < 0) return { latE6: null, lonE6: 0, accuracyM: 0, atMs: 0 };
    return {
      latE6: words[word] as number,
      lonE6: words[word + 1] as number,
      accuracyM: words[word + 2] as number,
      atMs,
    };
  }
  thaw(slot: number, state: OperatorState): void {
    const { words, wides, stride } = this.#rows;
    const word = slot * stride + this.#word;
    const isKnown = state['latE6'] !== null;
    words[word] = isKnown ? (state['latE6'] as number) : 0;
    words[word + 1] = state['lonE6'] as number;
    words[word + 2] = state['accuracyM'] as number;
    wides[slot * (stride >> 1) + this.#wide] = isKnown ? (state['atMs'] as number) + 1 : 0;
  }
}
