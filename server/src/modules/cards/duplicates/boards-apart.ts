import { DAY_MS, HOUR_MS } from '../../../kernel/time.ts';

/** One record under an IMEI, of the card with this number. */
export interface Seen {
  readonly subjectId: number;
  readonly class: string;
  readonly observedAtMs: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Cards that were at once where one device cannot be. */
export interface Apart {
  readonly subjectIds: readonly number[];
  readonly places: number;
  /** The first record of the window, the one with which they were first seen so, and the last one. */
  readonly firstMs: number;
  readonly foundMs: number;
  readonly lastMs: number;
  /** The first record after which they were so no more, because it speaks against it; null while none does. */
  readonly againstMs: number | null;
}

/** Fewer cards are in one device with two slots; more are no batch of boards but a device that hides. */
const LEAST_CARDS = 3;
const MOST_CARDS = 12;
const MOST_PLACES = 64;
const WINDOW_DAYS = 30;
const LOOK_BACK_MS = DAY_MS;
/** The zone of the rule, Asia/Shanghai, which has no summer time. */
const AHEAD_MS = 8 * HOUR_MS;

/**
 * Whether the records under one IMEI, in the order of judging, show several boards that bear it (CR-10): three to twelve
 * cards of one class and network, used at once, no two of them ever in one cell within 30 days.
 *
 * The same as the guard `boards-apart` of the rule `one-imei-many-cards` says record by record, so that whatever the
 * guard keeps from the cards' holder is told of the maker; a test holds the two together. Two cards in one cell, a call
 * or a message, or a thirteenth card speak against it. A card that moves from a device to a spare one, a tester's modem
 * and a device with many cards are in one place, or in one at a time.
 */
export function boardsApart(records: Iterable<Seen>): Apart | null {
  const window = new Window();
  let apart: Apart | null = null;
  for (const record of records) {
    window.take(record);
    apart = seenSoFar(apart, window, record);
  }
  return apart;
}

function seenSoFar(before: Apart | null, window: Window, record: Seen): Apart | null {
  const { observedAtMs: atMs } = record;
  if (window.isApart(record)) {
    const { subjectIds, places, firstMs } = window;
    return {
      ...{ subjectIds, places, lastMs: atMs, againstMs: null },
      firstMs: Math.min(before?.firstMs ?? firstMs, firstMs),
      foundMs: before?.foundMs ?? atMs,
    };
  }
  const isNews = before !== null && before.againstMs === null && window.isAgainst(record);
  return isNews ? { ...before, againstMs: atMs } : before;
}

class Window {
  readonly #cards = new Map<number, number>();
  readonly #firsts = new Map<number, number>();
  readonly #cells = new Map<string, number>();
  readonly #places = new Map<string, number>();
  readonly #sorts = new Map<string, number>();
  /** When each card's use ended last, of what is told at its end; and of what is told at its beginning. */
  readonly #ended = new Map<number, number>();
  readonly #ends = new Map<number, number>();
  #isTogether = false;
  #day = 0;

  take({ subjectId, class: className, observedAtMs, body }: Seen): void {
    this.#reach(Math.floor((observedAtMs + AHEAD_MS) / DAY_MS));
    this.#cards.set(subjectId, observedAtMs);
    if (!this.#firsts.has(subjectId)) this.#firsts.set(subjectId, observedAtMs);
    const { cell, plmn } = body;
    if (typeof cell === 'string') {
      this.#cells.set(cell, observedAtMs);
      this.#places.set(`${subjectId} ${cell}`, observedAtMs);
      if (typeof plmn === 'string') this.#sorts.set(`${className} ${plmn}`, observedAtMs);
    }
    this.#isTogether = this.#overlaps(subjectId, observedAtMs, body);
  }

  get subjectIds(): number[] {
    return [...this.#cards.keys()].sort((a, b) => a - b);
  }

  get places(): number {
    return this.#cells.size;
  }

  get firstMs(): number {
    return Math.min(...this.#firsts.values());
  }

  isApart({ body }: Seen): boolean {
    return (
      this.#cards.size >= LEAST_CARDS &&
      this.#cards.size <= MOST_CARDS &&
      this.#isTogether &&
      typeof body['cell'] === 'string' &&
      this.#cells.size >= this.#cards.size &&
      this.#cells.size === this.#places.size &&
      this.#places.size <= MOST_PLACES &&
      this.#sorts.size === 1 &&
      !isTalk(body)
    );
  }

  isAgainst({ body }: Seen): boolean {
    return this.#cells.size < this.#places.size || this.#cards.size > MOST_CARDS || isTalk(body);
  }

  /** Forgets what was last seen before the thirty days that end with this one. */
  #reach(day: number): void {
    if (day === this.#day) return;
    this.#day = day;
    const isOver = (lastMs: number): boolean => Math.floor((lastMs + AHEAD_MS) / DAY_MS) <= day - WINDOW_DAYS;
    for (const [subjectId, lastMs] of this.#cards) if (isOver(lastMs)) this.#cards.delete(subjectId);
    for (const seen of [this.#cells, this.#places, this.#sorts])
      for (const [name, lastMs] of seen) if (isOver(lastMs)) seen.delete(name);
    for (const subjectId of this.#firsts.keys())
      if (!this.#cards.has(subjectId)) this.#firsts.delete(subjectId);
  }

  /** Whether another card's use reaches into the record's, told at its end or at its beginning like it. */
  #overlaps(subjectId: number, atMs: number, { event, durationSeconds }: Seen['body']): boolean {
    if (typeof durationSeconds !== 'number' || durationSeconds <= 0) return false;
    const lengthMs = Math.min(durationSeconds * 1_000, LOOK_BACK_MS);
    const isToldAtEnd = event !== undefined && event !== null && event !== 'event';
    const untils = isToldAtEnd ? this.#ended : this.#ends;
    const fromMs = isToldAtEnd ? atMs - lengthMs : atMs;
    untils.set(subjectId, Math.max(untils.get(subjectId) ?? 0, fromMs + lengthMs));
    return [...untils].some(([other, untilMs]) => other !== subjectId && untilMs > fromMs);
  }
}

function isTalk({ service }: Seen['body']): boolean {
  return service === 'voice' || service === 'sms';
}
