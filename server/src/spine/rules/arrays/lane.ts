/**
 * One number for each record of a batch: ints as they are, bools as 0 and 1, texts by their number in the
 * judge's texts. What is absent or cannot be evaluated is NaN, of a text any number below 1.
 */
export type Lane = Float64Array;

/**
 * What a lane holds where there is no value. Loops name it so: asking the engine for a global within a loop, even where
 * that never happens, is a call, and a loop that calls checks every array anew for each record.
 */
export const NONE = Number.NaN;

/** A lane of its own for every use, as long as the batches that come. */
export class OwnLane {
  #lane: Lane = new Float64Array(0);

  to(length: number): Lane {
    if (this.#lane.length < length) this.#lane = new Float64Array(Math.max(length, 2 * this.#lane.length));
    return this.#lane;
  }
}
