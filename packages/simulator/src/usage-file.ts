import type { Use } from './model.ts';

/** A file of usage while it is written: what comes first, each record, and what comes last. */
export interface UsageFile {
  head(): string | Uint8Array;
  record(use: Use): string | Uint8Array;
  tail(): string | Uint8Array;
}

/** A file of records under one head, with nothing after them. */
export function plainFile(head: string, record: (use: Use) => string): UsageFile {
  return { head: () => head, record, tail: () => '' };
}
