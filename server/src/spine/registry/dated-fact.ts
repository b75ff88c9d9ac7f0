/** A dated fact of the subject or of something it is linked to, nearest last (a card's own fact overrides its contract's). */
export interface DatedFact {
  readonly kind: string;
  /** Half-open: from this moment, up to and without that one; ∓`Number.MAX_SAFE_INTEGER` for no edge. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** 0 for the subject's own fact, 1 for a linked subject's. */
  readonly distance: number;
  readonly linkKind: string | null;
}

/** Terms in force for a subject at one moment, flat and typed by the module's schema: what rules see as `bound`. */
export type Terms = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;
