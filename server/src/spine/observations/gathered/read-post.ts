import { Refusal } from '../../../kernel/refusal.ts';
import type { Clock } from '../../../kernel/time.ts';
import { type IntakeCode, type IntakeDoors, openSource } from '../intake.ts';
import type { Cut } from '../observation.ts';
import type { Source } from '../store.ts';

export type PostCode = 'post-empty' | 'post-too-large';

/** Records of one post. */
export const MOST_RECORDS = 1_000;

/** The records of a few bytes in the source's format. Refuses what is no such bytes, none, and too many. */
export async function readPost(doors: IntakeDoors, source: Source, bytes: Buffer): Promise<readonly Cut[]> {
  const format = doors.formats.get(source.format);
  if (format === undefined)
    throw new Refusal<IntakeCode>('format-unknown', { subject: `source/${source.sourceId}` });
  const few = format.readFew?.(bytes, source.profile) ?? null;
  if (few !== null) return few;
  const cuts: Cut[] = [];
  for await (const cut of format.read(once(bytes), source.profile)) {
    if (cuts.length === MOST_RECORDS)
      throw new Refusal<PostCode>('post-too-large', { detail: { mostRecords: MOST_RECORDS } });
    cuts.push(cut);
  }
  if (cuts.length === 0) throw new Refusal<PostCode>('post-empty');
  return cuts;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

const KEPT_MS = 1_000;
const MOST_KEPT = 10_000;

/**
 * Sources as parties see them, remembered for a second at most: what a source declares changes seldom, and is asked
 * for with every record that comes alone.
 */
export class KnownSources {
  private readonly kept = new Map<string, { readonly source: Promise<Source>; readonly atMs: number }>();
  private readonly doors: IntakeDoors;
  private readonly clock: Clock;

  constructor(doors: IntakeDoors) {
    this.doors = doors;
    this.clock = doors.clock;
  }

  /** Refuses as `openSource` does. */
  open(partyId: number, sourceId: number): Promise<Source> {
    const name = `${partyId} ${sourceId}`;
    const nowMs = this.clock.now();
    const kept = this.kept.get(name);
    if (kept !== undefined && nowMs >= kept.atMs && nowMs - kept.atMs < KEPT_MS) return kept.source;
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    const source = openSource(this.doors, partyId, sourceId);
    this.kept.set(name, { source, atMs: nowMs });
    source.catch(() => this.kept.delete(name));
    return source;
  }
}
