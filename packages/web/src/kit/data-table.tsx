import { lazy, type ReactNode, Suspense } from 'react';

export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
}

export interface DataTableOf<Row> {
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Said to screen readers. */
  readonly caption: string;
}

/** Tables come after the first page: they are the largest part of the kit. */
const Drawn = lazy(() => import('./drawn-table.tsx'));

/** A table that becomes a list of cards on a narrow screen: each cell carries its heading. */
export function DataTable<Row extends object>(table: DataTableOf<Row>) {
  return (
    <Suspense fallback={<p className="muted">…</p>}>
      <Drawn {...(table as unknown as DataTableOf<object>)} />
    </Suspense>
  );
}
