import type { Cut, FileFlag } from './observation.ts';
import type { SourceProfile } from './source-profile.ts';

/**
 * A record format. `read` pulls bytes and yields records one by one in bounded memory; it never throws for
 * bad content: a record it cannot read is yielded as `unread`, and the rest of the file is still read.
 * It throws a `Refusal` only when the file as a whole is of another kind (`format-mismatch`).
 */
export interface RecordFormat {
  readonly name: string;
  /** Kind of observation the format yields. */
  readonly yields: string;
  /** True when records are text a person can mend in quarantine as text. */
  readonly isText: boolean;
  /** Faults of a profile for this format, as sentences; empty when it can be used. */
  checkProfile(profile: SourceProfile): readonly string[];
  read(bytes: AsyncIterable<Uint8Array>, profile: SourceProfile): AsyncGenerator<Cut, FileReport>;
  /**
   * The very cuts of `read` for a body of a record or a few, at once; null where `read` is to be asked. For formats
   * whose records are posted one by one.
   */
  readFew?(bytes: Buffer, profile: SourceProfile): readonly Cut[] | null;
}

/** What remains to be said when a file has been read to its end. */
export interface FileReport {
  readonly flags: readonly FileFlag[];
  /** What the file says of itself: sender, recipient, sequence number, declared counts. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}
