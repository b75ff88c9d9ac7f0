import { usesOf } from './days.ts';
import type { SimulatedCard, Use } from './model.ts';
import { dayStartMs, monthOf, type Plan } from './plan.ts';
import type { Told, UsageFile } from './usage-file.ts';
import { totalOf } from './usage-own.ts';

/** A billing month, and the days by which some of what it holds comes late. */
const DAYS_BACK = 36;

export interface MonthTotal {
  readonly bytes: number;
  /** Sessions counted in it. */
  readonly sessions: number;
}

/**
 * What a platform has counted of a card since its month began in China, whenever its records are handed on. Remembers
 * one card, for files go card by card.
 */
class MonthTotals {
  readonly #plan: Plan;
  readonly #lastDay: number;
  readonly #holds: (use: Use) => boolean;
  #card = -1;
  #uses: readonly Use[] = [];

  constructor(plan: Plan, lastDay: number, holds: (use: Use) => boolean) {
    this.#plan = plan;
    this.#lastDay = lastDay;
    this.#holds = holds;
  }

  /** Until a moment, what happened at it included. */
  at(card: SimulatedCard, ms: number): MonthTotal {
    if (card.index !== this.#card) this.#take(card);
    const month = monthOf(ms);
    const counted = this.#uses.filter(use => use.atMs <= ms && monthOf(use.atMs) === month);
    return { bytes: counted.reduce((sum, use) => sum + totalOf(use), 0), sessions: counted.length };
  }

  #take(card: SimulatedCard): void {
    this.#card = card.index;
    const days = Array.from({ length: Math.min(DAYS_BACK, this.#lastDay + 1) }, (_, i) => this.#lastDay - i);
    this.#uses = days.flatMap(day => usesOf(this.#plan, card, day).filter(this.#holds));
  }
}

/** A card that was asked for at a moment. */
export interface Reading {
  readonly atMs: number;
  /** The last use of it until then. */
  readonly use: Use;
  readonly total: MonthTotal;
  /** Whether it was asked for because it was in use, and not because the day was over. */
  readonly isOfUse: boolean;
}

/**
 * A file of running totals of months: a platform that is asked after every use, and once more when a day is over on
 * which the card was in use, so that no total spans more than the days without any.
 */
export class ReadingsFile implements UsageFile {
  readonly #plan: Plan;
  readonly #totals: MonthTotals;
  readonly #tell: (reading: Reading) => readonly string[];
  #last: { readonly use: Use; readonly day: number } | null = null;

  constructor(
    plan: Plan,
    day: number,
    holds: (use: Use) => boolean,
    tell: (reading: Reading) => readonly string[],
  ) {
    this.#plan = plan;
    this.#totals = new MonthTotals(plan, day, holds);
    this.#tell = tell;
  }

  head(): string {
    return '';
  }

  record(use: Use): Told {
    const day = Number(use.id.split('-')[1]);
    const { card } = use;
    const isSameDay = this.#last?.use.card.index === card.index && this.#last.day === day;
    const before = isSameDay ? [] : this.#atDayEnd();
    this.#last = { use, day };
    const total = this.#totals.at(card, use.atMs);
    return [...before, ...this.#tell({ atMs: use.atMs, use, total, isOfUse: true })];
  }

  tail(): Told {
    return this.#atDayEnd();
  }

  #atDayEnd(): readonly string[] {
    if (this.#last === null) return [];
    const { use, day } = this.#last;
    const atMs = dayStartMs(this.#plan, day + 1) - 1_000;
    if (use.atMs > atMs) return [];
    return this.#tell({ atMs, use, total: this.#totals.at(use.card, atMs), isOfUse: false });
  }
}
