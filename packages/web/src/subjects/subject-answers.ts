import type { Both, Instant, SubjectNamed } from '../kit/answers.ts';

/** A kind of thing that a module registers. */
export interface SubjectKind {
  readonly kind: string;
  readonly title: Both;
}

export interface Subject extends SubjectNamed {
  readonly class: string | null;
  readonly attributes?: unknown;
  readonly createdAt: Instant;
}

/** A side that is null has no bound. */
export interface Stated {
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly statedBy: string;
}

export interface SubjectWhole extends Subject {
  readonly aliases: readonly ({ readonly claim: string } & Stated)[];
  readonly links: readonly ({
    readonly kind: string;
    readonly direction: string;
    readonly subject: SubjectNamed;
  } & Stated)[];
  readonly facts: readonly ({ readonly kind: string; readonly body: unknown } & Stated)[];
}

/** What a subject used, of one kind of observation. */
export interface UsageOf {
  readonly kind: string;
  readonly counters: readonly string[];
  readonly records: number;
  readonly figures: Readonly<Record<string, number>>;
  readonly days: readonly {
    /** The UTC day, `2026-11-25`. */
    readonly day: string;
    readonly figures: Readonly<Record<string, number>>;
  }[];
}
