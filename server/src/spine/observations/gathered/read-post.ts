import { Refusal } from '../../../kernel/refusal.ts';
import type { Clock } from '../../../kernel/time.ts';
import type { RecordFormat } from '../format.ts';
import { type IntakeCode, type IntakeDoors, openSource } from '../intake.ts';
import type { Cut } from '../observation.ts';
import type { Source } from '../store.ts';

export type { Source } from '../store.ts';
export type PostCode = 'post-empty' | 'post-too-large';

/** Records of one post. */
export const MOST_RECORDS = 1_000;

/** The records of a few bytes in the source's format. Refuses what is no such bytes, none, and too many. */
export async function readPost(doors: IntakeDoors, source: Source, bytes: Buffer): Promise<readonly Cut[]> {
  const few = readAtOnce(doors, source, bytes);
  if (few !== null) return few;
  const format = formatOf(doors, source);
  const cuts: Cut[] = [];
  for await (const cut of format.read(once(bytes), source.profile)) {
    if (cuts.length === MOST_RECORDS)
      throw new Refusal<PostCode>('post-too-large', { detail: { mostRecords: MOST_RECORDS } });
    cuts.push(cut);
  }
  if (cuts.length === 0) throw new Refusal<PostCode>('post-empty');
  return cuts;
}

/** As `readPost`; null for bytes that cannot be read at once. */
export function readAtOnce(doors: IntakeDoors, source: Source, bytes: Buffer): readonly Cut[] | null {
  return formatOf(doors, source).readFew?.(bytes, source.profile) ?? null;
}

function formatOf({ formats }: IntakeDoors, { format: name, sourceId }: Source): RecordFormat {
  const format = formats.get(name);
  if (format === undefined)
    throw new Refusal<IntakeCode>('format-unknown', { subject: `source/${sourceId}` });
  return format;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

interface Kept {
  readonly source: Promise<Source>;
  readonly atMs: number;
  opened: Source | undefined;
}

const KEPT_MS = 1_000;
const MOST_KEPT = 10_000;

/**
 * Sources as parties see them, remembered for a second at most: what a source declares changes seldom, and is asked
 * for with every record that comes alone.
 */
export class KnownSources {
  private readonly kept = new Map<string, Kept>();
  private readonly doors: IntakeDoors;
  private readonly clock: Clock;

  constructor(doors: IntakeDoors) {
    this.doors = doors;
    this.clock = doors.clock;
  }

  /** Refuses as `openSource` does. */
  open(partyId: number, sourceId: number): Promise<Source> {
    const name = `${partyId} ${sourceId}`;
    const kept = this.freshAt(name);
    if (kept !== undefined) return kept.source;
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    const source = openSource(this.doors, partyId, sourceId);
    const asked: Kept = { source, atMs: this.clock.now(), opened: undefined };
    this.kept.set(name, asked);
    source.then(
      opened => {
        asked.opened = opened;
      },
      () => this.kept.delete(name),
    );
    return source;
  }

  /** The source where it is remembered, at once. */
  known(partyId: number, sourceId: number): Source | undefined {
    return this.freshAt(`${partyId} ${sourceId}`)?.opened;
  }

  private freshAt(name: string): Kept | undefined {
    const kept = this.kept.get(name);
    const nowMs = this.clock.now();
    return kept !== undefined && nowMs >= kept.atMs && nowMs - kept.atMs < KEPT_MS ? kept : undefined;
  }
}
