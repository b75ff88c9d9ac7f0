import type { OperatorState } from '../operators/operator.ts';
import { boundedRadius, isPlace, MOST_LAT_E6, MOST_LON_E6, metresBetween } from '../operators/travel.ts';
import { PLAIN } from './kept.ts';
import { type Lane, NONE, type OwnLane } from './lane.ts';
import type { Rows } from './memory.ts';
import { outLane, type Place, type RowOperator } from './operator.ts';
import type { Run } from './run.ts';

interface Outs {
  readonly metres: Lane;
  readonly speeds: Lane;
}

/** The time of the place before is kept with 1 added, so that a new row's 0 is "no place". */
export class TravelRows implements RowOperator {
  readonly window = null;
  readonly keeps = PLAIN;
  readonly #rows: Rows;
  readonly #lookBackMs: number;
  readonly #hasAccuracy: boolean;
  readonly #wide: number;
  readonly #word: number;
  readonly #outs: readonly OwnLane[];

  /** `hasAccuracy` when records may state how far from their place they may be. */
  constructor(lookBackMs: number, hasAccuracy: boolean, place: Place) {
    this.#rows = place.rows;
    this.#lookBackMs = lookBackMs;
    this.#hasAccuracy = hasAccuracy;
    this.#wide = place.wide;
    this.#word = place.word;
    this.#outs = place.outs;
  }

  move(run: Run): void {
    const { from, to, slots, asked } = run;
    const outs = { metres: outLane(this.#outs, 0, to), speeds: outLane(this.#outs, 1, to) };
    const isPlain = asked === null && !this.#hasAccuracy && this.#rows.words.length > 0;
    for (let i = isPlain ? this.#stay(run, outs, from) : from; i < to; ) {
      if (slots[i] !== 0) this.#take(run, outs, i);
      i = isPlain ? this.#stay(run, outs, i + 1) : i + 1;
    }
    // What has no slot went to row 0.
    if (isPlain) this.#rows.wides[this.#wide] = 0;
  }

  /** Takes in what does not move: what stands still is the most of what there is. The first record that may move. */
  #stay(run: Run, outs: Outs, from: number): number {
    const { words, wides, stride } = this.#rows;
    const state = { words, wides, stride, word: this.#word, wide: this.#wide };
    return stayUntil(state, run, outs.metres, outs.speeds, this.#lookBackMs, from);
  }

  #take({ slots, atMs, asked, args }: Run, { metres, speeds }: Outs, i: number): void {
    const { words, wides, stride } = this.#rows;
    const [lat, lon, accuracy] = [args[0][i] as number, args[1][i] as number, args[2][i] as number];
    metres[i] = NONE;
    speeds[i] = NONE;
    if ((asked !== null && asked[i] !== 1) || !isPlace(lat, lon)) return;
    const row = (slots[i] as number) * stride;
    const word = row + this.#word;
    const wide = (row >> 1) + this.#wide;
    const radius = boundedRadius(accuracy);
    const now = atMs[i] as number;
    const beforeMs = (wides[wide] as number) - 1;
    if (beforeMs >= 0 && now - beforeMs <= this.#lookBackMs) {
      const latBefore = words[word] as number;
      const lonBefore = words[word + 1] as number;
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

/**
 * Takes in the records from `from` on, up to one that has a place before and another now, and says which that is. Each
 * is asked for, and none states an accuracy. Nothing in the loop calls or is left out, and it holds few arrays, so that
 * the engine checks each once and keeps it in a register; what has no slot goes to row 0.
 */
function stayUntil(
  state: { words: Int32Array; wides: Lane; stride: number; word: number; wide: number },
  { to, slots, atMs, args }: Run,
  metres: Lane,
  speeds: Lane,
  lookBackMs: number,
  from: number,
): number {
  const { words, wides } = state;
  const [lats, lons] = args;
  const stride = state.stride | 0;
  const word = state.word | 0;
  const wide = state.wide | 0;
  const [mostLat, mostLon, none] = [MOST_LAT_E6, MOST_LON_E6, NONE];
  const end = to | 0;
  let i = from | 0;
  for (; i < end; i = (i + 1) | 0) {
    const row = Math.imul(slots[i] as number, stride);
    const atWord = (row + word) | 0;
    const atWide = ((row >> 1) + wide) | 0;
    const lat = lats[i] as number;
    const lon = lons[i] as number;
    const now = atMs[i] as number;
    const next = wides[atWide] as number;
    const isHere = Math.abs(lat) <= mostLat && Math.abs(lon) <= mostLon;
    const isKnown = isHere && next > 0 && now - next < lookBackMs;
    if (isKnown && (words[atWord] !== lat || words[(atWord + 1) | 0] !== lon)) break;
    metres[i] = isKnown ? 0 : none;
    if (isHere) {
      words[atWord] = lat;
      words[(atWord + 1) | 0] = lon;
      wides[atWide] = now + 1;
    }
  }
  for (let n = from | 0; n < i; n = (n + 1) | 0) speeds[n] = metres[n] as number;
  return i;
}
