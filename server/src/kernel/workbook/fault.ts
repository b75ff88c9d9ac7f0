import { Refusal } from '../refusal.ts';

/** Whoever asked for the workbook says it in the words of its own station. */
export type WorkbookCode = 'workbook-unreadable';

export function unreadable(reason: string, cause?: unknown): Refusal<WorkbookCode> {
  return new Refusal('workbook-unreadable', {
    detail: { reason },
    ...(cause === undefined ? {} : { cause }),
  });
}
