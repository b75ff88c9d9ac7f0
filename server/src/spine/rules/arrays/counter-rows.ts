import {
  boundKnown,
  boundOf,
  type CounterMark,
  type Counters,
  deltaOf,
  ENDED_LOOK_BACK_MS,
  type Known,
  MOST_SERIES,
  SERIES_LOOK_BACK_MS,
  type TotalPlaces,
  worse,
} from '../counters.ts';
import type { Kept } from './kept.ts';
import { Lists } from './lists.ts';
import type { KeptList } from './memory.ts';
import { Pool, putWide, Rows, wideAt } from './memory.ts';
import { Texts } from './texts.ts';

/** Stands in the high word of a total that was never stated. */
const NEVER = 0x7fff_ffff;
const BOUNDS = 3;
/** The bit beside those of the totals: the record heard last ended the series. */
const ENDED = 1 << 30;
/** Words of an entry before its counters: number, time (2), and a bit for each total that is a bound. */
const HEAD = 4;

/**
 * The running totals of each slot's series: `takeDeltas` of `counters.ts` over rows and a pool.
 *
 * An entry of a list is a series: its number, its time, of which totals a part was stated last, and for each
 * counter the total and when it was stated. Entries lie in the order they were last heard. Names of series are many and short-lived, so they
 * have a table of their own that is made anew when most of it is forgotten.
 */
export class CounterRows {
  readonly rows = new Rows(1);
  readonly pool = new Pool();
  readonly #lists: Lists;
  readonly #keptLists: readonly KeptList[];
  readonly #fields: number;
  /** By the place of a total, the places of its parts. */
  readonly #partsOf: ReadonlyMap<number, readonly number[]>;
  readonly #size: number;
  readonly #seed: number;
  #series: Texts;
  #live = 0;
  readonly #heldKnown: (Known | null)[] = [];

  constructor(fields: number, totals: readonly TotalPlaces[], seed: number) {
    this.#fields = fields;
    this.#partsOf = new Map(totals.map(({ total, parts }) => [total, parts]));
    this.#size = HEAD + 4 * fields;
    this.#seed = seed;
    this.#lists = new Lists(this.rows, this.pool, 0, this.#size);
    this.#keptLists = [{ at: 0, size: this.#size, isOfTexts: true }];
    this.#series = new Texts(seed);
  }

  /**
   * Replaces the totals in `values` by what they add, NaN where nothing is known, and says what was assumed.
   * `name` is that of the series with its source.
   */
  take(slot: number, atMs: number, name: string, values: Float64Array, isEnded: boolean): CounterMark {
    if (this.#series.size > 65_536 && this.#series.size > 2 * this.#live) this.#renumber();
    const id = this.#series.idOf(name);
    this.rows.hold(slot);
    this.pool.squeeze(this.rows, this.#keptLists);
    this.#forgetSilent(slot, atMs);
    const at = this.#moveToEnd(slot, id);
    const isKnown = at >= 0;
    const entry = isKnown ? at : this.#lists.push(slot);
    const words = this.pool.words;
    if (!isKnown) {
      this.#live += 1;
      words[entry] = id;
      words[entry + BOUNDS] = 0;
      for (let i = 0; i < this.#fields; i += 1) words[entry + HEAD + 4 * i] = NEVER;
    }
    // Totals are told from their parts before a part is replaced.
    const known = this.#knownOf(entry, isKnown, atMs);
    putWide(words, entry + 1, atMs);
    words[entry + BOUNDS] = isEnded
      ? (words[entry + BOUNDS] as number) | ENDED
      : (words[entry + BOUNDS] as number) & ~ENDED;
    let mark: CounterMark = 'next';
    for (let i = 0; i < this.#fields; i += 1) {
      const place = entry + HEAD + 4 * i;
      const total = values[i] as number;
      const parts = Number.isNaN(total) ? this.#partsOf.get(i) : undefined;
      if (!(total >= 0)) {
        if (!isKnown || this.#known(place, atMs) === null) words[place] = NEVER;
        if (total < 0) mark = worse(mark, 'negative');
        values[i] = Number.NaN;
      }
      if (parts?.some(part => !Number.isNaN(values[part]))) {
        const atLeast = boundOf(
          this.#totalAt(place),
          parts.map(part => this.#totalAt(entry + HEAD + 4 * part)),
          known[i] as Known | null,
          atMs,
        );
        mark = worse(mark, atLeast.mark);
        values[i] = atLeast.delta;
        words[entry + BOUNDS] = (words[entry + BOUNDS] as number) | (1 << i);
      }
      if (!(total >= 0)) continue;
      const change = deltaOf(total, known[i] as Known | null, atMs);
      mark = worse(mark, change.mark);
      putWide(words, place, change.mark === 'stale' ? (known[i] as Known).total : total);
      putWide(words, place + 2, atMs);
      words[entry + BOUNDS] = (words[entry + BOUNDS] as number) & ~(1 << i);
      values[i] = change.delta;
    }
    if (this.#lists.count(slot) > MOST_SERIES) this.#remove(slot, 0, 1);
    return mark;
  }

  freeze(slot: number): [string, number, (number | null)[], number[], number][] {
    if (slot >= this.rows.count) return [];
    const frozen: [string, number, (number | null)[], number[], number][] = [];
    const words = this.pool.words;
    for (let n = 0; n < this.#lists.count(slot); n += 1) {
      const entry = this.#lists.first(slot) + n * this.#size;
      const totals: (number | null)[] = [];
      const stated: number[] = [];
      for (let i = 0; i < this.#fields; i += 1) {
        const place = entry + HEAD + 4 * i;
        const isStated = words[place] !== NEVER;
        totals.push(isStated ? wideAt(words, place) : null);
        stated.push(isStated ? wideAt(words, place + 2) : 0);
      }
      frozen.push([
        this.#series.textOf(words[entry] as number) as string,
        wideAt(words, entry + 1),
        totals,
        stated,
        words[entry + BOUNDS] as number,
      ]);
    }
    return frozen;
  }

  thaw(slot: number, counters: Counters): void {
    this.rows.hold(slot);
    this.#live -= this.#lists.count(slot);
    this.#lists.clear(slot);
    for (const [name, series] of counters) {
      const id = this.#series.idOf(name);
      const entry = this.#lists.push(slot);
      this.#live += 1;
      const words = this.pool.words;
      words[entry] = id;
      putWide(words, entry + 1, series.atMs);
      words[entry + BOUNDS] = series.isBound.reduce(
        (bits, isBound, i) => bits | (isBound ? 1 << i : 0),
        series.isEnded ? ENDED : 0,
      );
      for (let i = 0; i < this.#fields; i += 1) {
        const total = series.totals[i] ?? null;
        const place = entry + HEAD + 4 * i;
        if (total === null) words[place] = NEVER;
        else {
          putWide(words, place, total);
          putWide(words, place + 2, series.statedAtMs[i] as number);
        }
      }
    }
  }

  get kept(): Kept {
    return { rows: this.rows, pool: this.pool, wides: 0, met: null, texts: [], lists: this.#keptLists };
  }

  /** The names that entries number; until it is made anew. */
  get series(): Texts {
    return this.#series;
  }

  /** To be called when rows were put in place by another. */
  countLive(): void {
    this.#live = 0;
    for (let slot = 0; slot < this.rows.count; slot += 1) this.#live += this.#lists.count(slot);
  }

  get sizeBytes(): number {
    return this.rows.words.byteLength + this.pool.words.byteLength + this.#series.sizeBytes;
  }

  /** 0 for one that was never stated. */
  #totalAt(place: number): number {
    return this.pool.words[place] === NEVER ? 0 : wideAt(this.pool.words, place);
  }

  /** What is known of each counter before a record, of a total that is a bound by its parts. */
  #knownOf(entry: number, isKnown: boolean, atMs: number): (Known | null)[] {
    const known: (Known | null)[] = this.#heldKnown;
    for (let i = 0; i < this.#fields; i += 1)
      known[i] = isKnown ? this.#known(entry + HEAD + 4 * i, atMs) : null;
    const bounds = isKnown ? (this.pool.words[entry + BOUNDS] as number) & ~ENDED : 0;
    if (bounds === 0) return known;
    for (const [i, parts] of this.#partsOf)
      if ((bounds & (1 << i)) !== 0)
        known[i] = boundKnown(
          known[i] as Known | null,
          parts.flatMap(part => known[part] ?? []),
        );
    return known;
  }

  #known(place: number, atMs: number): Known | null {
    const words = this.pool.words;
    if (words[place] === NEVER) return null;
    const statedAtMs = wideAt(words, place + 2);
    return atMs - statedAtMs > SERIES_LOOK_BACK_MS ? null : { total: wideAt(words, place), atMs: statedAtMs };
  }

  #forgetSilent(slot: number, atMs: number): void {
    for (let n = this.#lists.count(slot) - 1; n >= 0; n -= 1) {
      const entry = this.#lists.first(slot) + n * this.#size;
      const isEnded = ((this.pool.words[entry + BOUNDS] as number) & ENDED) !== 0;
      const heardMs = wideAt(this.pool.words, entry + 1);
      if (atMs - heardMs > (isEnded ? ENDED_LOOK_BACK_MS : SERIES_LOOK_BACK_MS)) this.#remove(slot, n, 1);
    }
  }

  /** Where the series lies after it was moved to the end; -1 when it is not known. */
  #moveToEnd(slot: number, id: number): number {
    const count = this.#lists.count(slot);
    const first = this.#lists.first(slot);
    const words = this.pool.words;
    const size = this.#size;
    for (let n = count - 1; n >= 0; n -= 1) {
      const entry = first + n * size;
      if (words[entry] !== id) continue;
      const last = first + (count - 1) * size;
      if (entry === last) return entry;
      const held = words.slice(entry, entry + size);
      words.copyWithin(entry, entry + size, first + count * size);
      words.set(held, last);
      return last;
    }
    return -1;
  }

  #remove(slot: number, from: number, gone: number): void {
    this.#live -= gone;
    this.#lists.remove(slot, from, gone);
  }

  /** Gives the series still held new numbers and forgets the other names. */
  #renumber(): void {
    const series = new Texts(this.#seed);
    const words = this.pool.words;
    for (let slot = 0; slot < this.rows.count; slot += 1) {
      for (let n = 0; n < this.#lists.count(slot); n += 1) {
        const entry = this.#lists.first(slot) + n * this.#size;
        words[entry] = series.idOf(this.#series.textOf(words[entry] as number) as string);
      }
    }
    this.#series = series;
  }
}
