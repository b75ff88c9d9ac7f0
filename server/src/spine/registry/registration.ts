/** What an import row asks of the registry, in terms every kind of subject shares. Times are milliseconds; a missing `fromMs` means always, a missing `toMs` for ever. */
export type Registration =
  | {
      readonly do: 'subject';
      readonly kind: string;
      readonly reference: string;
      readonly class?: string;
      readonly attributes?: Readonly<Record<string, string>>;
    }
  | {
      readonly do: 'alias';
      readonly kind: string;
      readonly reference: string;
      readonly claim: string;
      readonly fromMs?: number;
      readonly toMs?: number;
    }
  | {
      readonly do: 'link';
      readonly from: Reference;
      readonly linkKind: string;
      readonly to: Reference;
      readonly fromMs?: number;
      readonly toMs?: number;
      /** True when a subject has one link of this kind at a time: the new one ends the others where it begins. */
      readonly replaces?: boolean;
    }
  | {
      /** Known by subject, kind and beginning: the same beginning with another end or body corrects it. */
      readonly do: 'fact';
      readonly kind: string;
      readonly reference: string;
      readonly factKind: string;
      readonly fromMs?: number;
      readonly toMs?: number;
      readonly body: Readonly<Record<string, unknown>>;
    };

export interface Reference {
  readonly kind: string;
  readonly reference: string;
}

/** A dated fact of the subject or of something it is linked to, nearest last (a card's own fact overrides its contract's). */
export interface DatedFact {
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** 0 for the subject's own fact, 1 for a linked subject's. */
  readonly distance: number;
  readonly linkKind: string | null;
}

/** A table of registrations as a module declares it. */
export interface TableKind {
  readonly name: string;
  /** The first is required in every table; the others may be left out, and their cells are then empty. */
  readonly columns: readonly string[];
  row(
    cells: Readonly<Record<string, string>>,
    place: string,
  ): { readonly registrations: readonly Registration[] } | { readonly refused: string };
}
