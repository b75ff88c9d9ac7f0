import { createHash, type Hash } from 'node:crypto';
import type { Database, Tx } from '../../../kernel/database/transaction.ts';
import { instantText } from '../../../kernel/database/values.ts';
import type { Clock } from '../../../kernel/time.ts';
import { stage } from '../../ledger/stage.ts';
import type { Cut } from '../observation.ts';
import type { Source } from '../store.ts';
import * as store from './store.ts';

/** A batch takes records for so long, or so many, before it is closed and told to the ledger. */
export const OPEN_MS = 60_000;
const MOST_RECORDS = 100_000;

/**
 * The batch into which one sender's posts to one source are gathered. It is opened in the commit that first needs it,
 * and closed by a commit that tells the ledger what it holds; what a dead process left open is closed at the next
 * start, and whoever still writes to it opens another.
 */
export class GatheredBatch {
  private batchId: number | null = null;
  private openedAtMs = 0;
  private records = 0;
  /** Over the records' own bytes, each followed by a line feed; null once it is not certain what was committed. */
  private content: Hash | null = null;

  private readonly source: Source;
  private readonly actor: string;
  private readonly clock: Clock;

  constructor(source: Source, actor: string, clock: Clock) {
    this.source = source;
    this.actor = actor;
    this.clock = clock;
  }

  get isOpen(): boolean {
    return this.batchId !== null;
  }

  /** Null when the next commit has to open one. */
  get openId(): number | null {
    return this.batchId;
  }

  get isDue(): boolean {
    const openMs = this.clock.now() - this.openedAtMs;
    return this.isOpen && (openMs >= OPEN_MS || openMs < 0 || this.records >= MOST_RECORDS);
  }

  /** The number of the next record. */
  get nextNo(): number {
    return this.records + 1;
  }

  /** The batch to write to, in the transaction that writes. */
  async in(tx: Tx): Promise<number> {
    if (this.batchId !== null) return this.batchId;
    const atMs = this.clock.now();
    return store.openGathered(tx, this.source, `posted from ${instantText(atMs)}`, atMs);
  }

  committed(batchId: number, cuts: readonly Cut[]): void {
    if (batchId !== this.batchId) {
      this.batchId = batchId;
      this.openedAtMs = this.clock.now();
      this.records = 0;
      this.content = createHash('sha256');
    }
    this.records += cuts.length;
    for (const { raw } of cuts) this.content?.update(raw).update('\n');
  }

  /** Somebody else has closed it. */
  lost(): void {
    this.batchId = null;
  }

  /** A commit failed, or its answer was lost: what the batch holds is for the database to say. */
  shaken(): void {
    this.content = null;
  }

  /** Closes it, if it is open; throws what kept it from being closed, and can then be called again. */
  async close(database: Database): Promise<void> {
    const { batchId, content } = this;
    if (batchId === null) return;
    const contentSha256 = content?.copy().digest() ?? null;
    await database.door(this.source.partyId, tx =>
      closeInto(tx, batchId, { contentSha256, actor: this.actor, atMs: this.clock.now() }),
    );
    this.batchId = null;
  }
}

async function closeInto(
  tx: Tx,
  batchId: number,
  { contentSha256, actor, atMs }: { contentSha256: Buffer | null; actor: string; atMs: number },
): Promise<void> {
  const flags = contentSha256 === null ? [{ code: 'content-not-hashed', detail: {} }] : [];
  const batch = await store.completeGathered(tx, batchId, contentSha256, flags, atMs);
  if (batch === undefined) return;
  const { sourceId, partyId, received, accepted, duplicate, quarantined } = batch;
  await stage(tx, {
    act: 'batch-accepted',
    object: `batch/${batchId}`,
    ...{ partyId, actor, atMs },
    detail: {
      ...{ source: sourceId, received, accepted, duplicate, quarantined },
      contentSha256: contentSha256?.toString('hex') ?? null,
      flags: flags.map(flag => flag.code),
    },
  });
}

/** Closes what processes that are no more left open. Run at start, before intake opens; runs safely twice. */
export async function closeLeftOpen(tx: Tx, atMs: number): Promise<void> {
  for (const batchId of await store.openGatheredBatches(tx))
    await closeInto(tx, batchId, { contentSha256: null, actor: 'corridor', atMs });
}
