/** CEL type of a field. `string-list` only occurs among bound terms. */
export type FieldType = 'string' | 'int' | 'bool' | 'string-list';

/** Shape of one kind of observation, as rules may read it. */
export interface KindSchema {
  readonly kind: string;
  /** Fields of the body and their CEL types; every field may be absent. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Fields that are running totals when the record belongs to a series; judging sees their deltas. */
  readonly counters: readonly string[];
  /**
   * Counters that are the sum of others, by name: parts first in `counters`. A record that states parts but not
   * the total tells what the total is at least.
   */
  readonly totals?: Readonly<Record<string, readonly string[]>>;
  /** The field and the text by which a record says that it is the last of its series. */
  readonly seriesEnds?: { readonly field: string; readonly value: string };
  /** Fields that tell how the subject stands since then, whose last value a page shows. */
  readonly states?: readonly string[];
}
