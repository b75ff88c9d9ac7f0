import type { OperatorState } from '../operators/operator.ts';
import { boundedRadius, isPlace, metresBetween } from '../operators/travel.ts';
import { PLAIN } from './kept.ts';
import { NONE, type OwnLane } from './lane.ts';
import type { Rows } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import type { Run } from './run.ts';

/** The time of the place before is kept with 1 added, so that a new row's 0 is "no place". */
export class TravelRows implements RowOperator {
  readonly window = null;
  readonly keeps = PLAIN;
  readonly #rows: Rows;
  readonly #lookBackMs: number;
  readonly #wide: number;
  readonly #word: number;
  readonly #outs: readonly OwnLane[];

  constructor(lookBackMs: number, place: Place) {
    this.#rows = place.rows;
    this.#lookBackMs = lookBackMs;
    this.#wide = place.wide;
    this.#word = place.word;
    this.#outs = place.outs;
  }
  move({ from, to, slots, atMs, asked, args }: Run): void {
    const { words, wides, stride } = this.#rows;
    const [lats, lons, radii] = args;
    const metres = outLane(this.#outs, 0, to);
    const speeds = outLane(this.#outs, 1, to);
    const [atWord, atWide, lookBackMs] = [this.#word, this.#wide, this.#lookBackMs];
    for (let i = from; i < to; i += 1) {
      const slot = slots[i] as number;
      if (slot === 0) continue;
      metres[i] = NONE;
      speeds[i] = NONE;
      const lat = lats[i] as number;
      const lon = lons[i] as number;
      if ((asked !== null && asked[i] !== 1) || !isPlace(lat, lon)) continue;
      const row = slot * stride;
      const word = row + atWord;
      const wide = (row >> 1) + atWide;
      const radius = boundedRadius(radii[i] as number);
      const now = atMs[i] as number;
      const beforeMs = (wides[wide] as number) - 1;
      if (beforeMs >= 0 && now - beforeMs <= lookBackMs) {
        const latBefore = words[word] as number;
        const lonBefore = words[word + 1] as number;
        // What stands still is the most of what there is.
        const isStill = latBefore === lat && lonBefore === lon;
        const apart = isStill ? 0 : metresBetween(latBefore, lonBefore, lat, lon);
        const moved = Math.max(0, Math.floor(apart - radius - (words[word + 2] as number)));
        metres[i] = moved;
        speeds[i] = Math.floor((moved * 3600) / Math.max(1000, now - beforeMs));
      }
      words[word] = lat;
      words[word + 1] = lon;
      words[word + 2] = radius;
      wides[wide] = now + 1;
    }
  }
  show(): void {
    outLane(this.#outs, 0, 1)[0] = NONE;
    outLane(this.#outs, 1, 1)[0] = NONE;
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
