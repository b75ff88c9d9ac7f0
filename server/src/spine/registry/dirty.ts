import type { Tx } from '../../kernel/database/transaction.ts';
import { takeMarks } from './dirty/store.ts';

/** A subject whose past changed in the registry: judged again from that moment on. */
export interface DirtyMark {
  readonly subjectId: number;
  readonly fromMs: number;
  readonly reason: string;
}

/**
 * Takes the oldest marks of finished transactions out, at most `limit`: they are gone exactly when the
 * caller's transaction commits. A validity without a beginning counts from 1970, before which no record is
 * judged.
 */
export async function takeDirty(tx: Tx, limit: number): Promise<DirtyMark[]> {
  const marks = await takeMarks(tx, limit);
  return marks.map(mark => ({ ...mark, fromMs: Math.max(0, mark.fromMs) }));
}
