import type { Database, Tx } from '../../kernel/database/transaction.ts';
import type { RootKeyFile } from '../../kernel/seal/root-keys.ts';
import type { Clock } from '../../kernel/time.ts';

/** A stretch of time; `toMs` is no longer in it. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

export const PURPOSES = ['authority-request', 'report-to-authority'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** For what, and on which legal ground, personal data leaves in the clear, and which two persons say so. */
export interface Unmasked {
  readonly purpose: Purpose;
  readonly ground: string;
  readonly reference: string;
  readonly clearExportId: number;
  readonly proposedBy: string;
  readonly confirmedBy: string;
  /** The second person let it go beyond what one reader may see on a day. */
  readonly isBeyondDay: boolean;
}

/** Who exports, for which party, and with what rows are read. */
export interface ExportHand {
  readonly database: Database;
  readonly clock: Clock;
  readonly rootKeys: RootKeyFile;
  readonly actor: { readonly partyId: number; readonly label: string; readonly userId: string };
  /** Null where everything personal is masked; given by `takeClearExport` alone. */
  readonly unmasked: Unmasked | null;
}

/** Moments are milliseconds; what a row does not state is absent or null. */
export type ExportRow = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Rows that a part of the house supplies for the export to a supervising authority (C-54). */
export interface ExportTable {
  /** As an `ElementFile` names it. */
  readonly name: string;
  /** Everything that rows may state; an element that asks for something else is a fault of the catalogue. */
  readonly states: readonly string[];
  /** Refuses what would be refused halfway, before anything is written. */
  readonly before?: (hand: ExportHand, period: Period) => Promise<void>;
  /** How many persons of a period would be shown in the clear, and how many one reader may see on a day. */
  readonly persons?: (
    hand: Omit<ExportHand, 'unmasked'>,
    period: Period,
  ) => Promise<{ readonly persons: number; readonly most: number }>;
  /** A page of the period's rows after a mark, 0 for the first; `next` is null after the last. */
  page(
    hand: ExportHand,
    period: Period,
    after: number,
  ): Promise<{ readonly rows: readonly ExportRow[]; readonly next: number | null }>;
}

export const PAGE_ROWS = 500;

/** A table of rows that one query under the party's rights gives by ascending `id`. */
export function queriedTable<Row extends ExportRow & { readonly id: number }>(
  name: string,
  states: readonly string[],
  query: (tx: Tx, period: Period, afterId: number, limit: number) => Promise<Row[]>,
): ExportTable {
  return {
    name,
    states,
    page: async ({ database, actor }, period, after) => {
      const rows = await database.door(actor.partyId, tx => query(tx, period, after, PAGE_ROWS));
      return { rows, next: rows.length < PAGE_ROWS ? null : (rows.at(-1)?.id ?? null) };
    },
  };
}
