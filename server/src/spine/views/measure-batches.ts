import type { Tx } from '../../kernel/database/transaction.ts';
import type { Result } from '../measures/batches/batch.ts';
import { type MemberRow, membersOf } from '../measures/batches/store.ts';
import { subjectsById } from '../registry/dossiers/store.ts';

/** A member of a batch with what it goes by; read-only, for lists and reports. */
export interface MemberView extends MemberRow {
  readonly subjectKind: string | null;
  readonly subjectReference: string | null;
}

/** Members of a batch after a place, in their order. */
export async function membersPage(
  tx: Tx,
  batchId: number,
  result: Result | undefined,
  afterPlace: number,
  limit: number,
): Promise<MemberView[]> {
  const rows = await membersOf(tx, batchId, result === undefined ? null : [result], afterPlace, limit);
  return await withReferences(tx, rows);
}

/** Rows with the references of their subjects. */
export async function withReferences<Row extends { readonly subjectId: number | null }>(
  tx: Tx,
  rows: readonly Row[],
): Promise<(Row & { readonly subjectKind: string | null; readonly subjectReference: string | null })[]> {
  const subjects = await subjectsById(
    tx,
    rows.flatMap(row => row.subjectId ?? []),
  );
  const known = new Map(subjects.map(subject => [subject.subjectId, subject]));
  return rows.map(row => {
    const subject = known.get(row.subjectId ?? 0);
    return {
      ...row,
      subjectKind: subject?.kind ?? null,
      subjectReference: subject?.reference ?? null,
    };
  });
}
