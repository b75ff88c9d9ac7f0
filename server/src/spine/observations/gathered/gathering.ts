import type { Tx } from '../../../kernel/database/transaction.ts';
import type { Logger } from '../../../kernel/log.ts';
import { isRefusal, Refusal } from '../../../kernel/refusal.ts';
import { confirmKey } from '../../registry/people/api-keys.ts';
import { acceptAtOnce } from '../accept-at-once.ts';
import { type Accepted, acceptCommit, type Fate, type IntakeDoors } from '../intake.ts';
import type { Cut } from '../observation.ts';
import type { Source } from '../store.ts';
import { turnsOf } from '../turns.ts';
import { GatheredBatch } from './gathered-batch.ts';

export type GatheringCode = 'intake-full' | 'sender-ended';

/** Who posts, and how the ledger names them. */
export interface Sender {
  readonly partyId: number;
  readonly label: string;
  /** Of the key that must still open something in the transaction that stores; absent: none is asked for. Senders of one label are one. */
  readonly keyDigest?: Buffer;
}

/** What became of the records of one post, in their order, and the batch that holds them. */
export interface Answer {
  readonly batchId: number;
  readonly fates: readonly Fate[];
}

export interface GatheringBounds {
  /** Records and raw bytes that may wait for their commit, of all parties and of any one of them. */
  readonly mostRecords: number;
  readonly mostBytes: number;
  readonly mostRecordsOfParty: number;
  readonly mostBytesOfParty: number;
  /** Of one commit; a single post may exceed it, and then goes alone. */
  readonly commitRecords: number;
  readonly commitBytes: number;
}

export const usualBounds: GatheringBounds = {
  mostRecords: 20_000,
  mostBytes: 32 << 20,
  mostRecordsOfParty: 5_000,
  mostBytesOfParty: 8 << 20,
  commitRecords: 2_000,
  commitBytes: 4 << 20,
};

/** How soon a refused sender may well try again, in seconds. */
const RETRY_AFTER_S = 1;
const LOOK_MS = 1_000;

interface Post {
  readonly cuts: readonly Cut[];
  readonly bytes: number;
  resolve(answer: Answer): void;
  reject(cause: unknown): void;
}

/** The posts of one sender to one source. */
interface Queue {
  source: Source;
  /** Of the newest post. */
  keyDigest: Buffer | undefined;
  readonly batch: GatheredBatch;
  posts: Post[];
  /** A turn is asked for, or under way. */
  isServed: boolean;
}

interface Waiting {
  records: number;
  bytes: number;
}

/**
 * Gathers records that come one by one, or a few at a time, into shared commits: what waits while a commit of its
 * source runs goes into the next one together, and nothing waits longer than for that. So posters who wait for their
 * answers fall into two halves, and one half is read and answered while the database stores the other.
 *
 * An answer is given only after the commit that holds its records (E-01), and tells each record's own fate. What is
 * wrong with the records of one post is nothing to the others in its commit. What waits is bounded, for all and for
 * each party; past the bound a post is refused before it is read, and nothing that was taken is dropped (E-05).
 */
export class Gathering {
  private readonly queues = new Map<string, Queue>();
  private readonly parties = new Map<number, Waiting>();
  private readonly total: Waiting = { records: 0, bytes: 0 };
  private readonly doors: IntakeDoors;
  private readonly log: Logger;
  private readonly bounds: GatheringBounds;
  private readonly timer: NodeJS.Timeout;
  private refusedCount = 0;
  /** What posters of commits that have ended are still to be told. */
  private untold: (() => void)[] = [];

  constructor(doors: IntakeDoors, log: Logger, bounds: GatheringBounds = usualBounds) {
    this.doors = doors;
    this.log = log;
    this.bounds = bounds;
    this.timer = setInterval(() => this.closeDue(), LOOK_MS).unref();
  }

  /** Records that wait for their commit, and posts refused since the start. */
  get state(): { readonly waitingRecords: number; readonly waitingBytes: number; readonly refused: number } {
    return { waitingRecords: this.total.records, waitingBytes: this.total.bytes, refused: this.refusedCount };
  }

  /** Refuses `intake-full` when more than is bounded would wait; asked before a body is read, and again with its records. */
  refuseWhenFull(partyId: number, more: Waiting = { records: 1, bytes: 1 }): void {
    const whose = this.fullFor(partyId, more);
    if (whose === null) return;
    this.refusedCount += 1;
    throw new Refusal<GatheringCode>('intake-full', { detail: { whose, retryAfterS: RETRY_AFTER_S } });
  }

  private fullFor(partyId: number, more: Waiting): 'party' | 'all' | null {
    const own = this.parties.get(partyId) ?? { records: 0, bytes: 0 };
    const { mostRecords, mostBytes, mostRecordsOfParty, mostBytesOfParty } = this.bounds;
    const isPast = (held: Waiting, records: number, bytes: number): boolean =>
      held.bytes > 0 && (held.records + more.records > records || held.bytes + more.bytes > bytes);
    if (isPast(own, mostRecordsOfParty, mostBytesOfParty)) return 'party';
    return isPast(this.total, mostRecords, mostBytes) ? 'all' : null;
  }

  /** Room for a body that is still to be read; the answer gives it back, once. Refuses `intake-full`. */
  makeRoom(partyId: number, bytes: number): () => void {
    this.refuseWhenFull(partyId, { records: 1, bytes });
    return this.holdRoom(partyId, bytes);
  }

  /** As `makeRoom`; null where that would refuse, and nothing is counted. */
  roomFor(partyId: number, bytes: number): (() => void) | null {
    return this.fullFor(partyId, { records: 1, bytes }) === null ? this.holdRoom(partyId, bytes) : null;
  }

  private holdRoom(partyId: number, bytes: number): () => void {
    this.count(partyId, 0, bytes);
    let isGiven = false;
    return () => {
      if (!isGiven) this.count(partyId, 0, -bytes);
      isGiven = true;
    };
  }

  /** Takes a post in; resolves when its records are durable. `source` is of the sender's party, or one below it. */
  async take(sender: Sender, source: Source, cuts: readonly Cut[]): Promise<Answer> {
    const bytes = cuts.reduce((sum, cut) => sum + cut.raw.length, 0);
    this.refuseWhenFull(source.partyId, { records: cuts.length, bytes });
    const queue = this.queueOf(sender, source);
    return new Promise((resolve, reject) => {
      queue.posts.push({ cuts, bytes, resolve, reject });
      this.count(source.partyId, cuts.length, bytes);
      this.serve(queue);
    });
  }

  /** Closes the batches. Call it when no post comes any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const queue of this.queues.values())
      await turnsOf(this.doors.database).inTurn(queue.source, () => this.close(queue));
  }

  private queueOf(sender: Sender, source: Source): Queue {
    const name = `${source.sourceId} ${sender.label}`;
    const found = this.queues.get(name);
    if (found !== undefined) {
      // What a source declares of itself may have changed since; the reader has read by the new words.
      found.source = source;
      found.keyDigest = sender.keyDigest;
      return found;
    }
    const batch = new GatheredBatch(source, sender.label, this.doors.clock);
    const queue: Queue = {
      source,
      keyDigest: sender.keyDigest,
      batch,
      posts: [],
      isServed: false,
    };
    this.queues.set(name, queue);
    return queue;
  }

  private count(partyId: number, records: number, bytes: number): void {
    let own = this.parties.get(partyId);
    if (own === undefined) {
      own = { records: 0, bytes: 0 };
      this.parties.set(partyId, own);
    }
    own.records += records;
    own.bytes += bytes;
    this.total.records += records;
    this.total.bytes += bytes;
    if (own.records === 0 && own.bytes === 0) this.parties.delete(partyId);
  }

  private serve(queue: Queue): void {
    if (queue.isServed) return;
    queue.isServed = true;
    void this.inTurn(queue)
      .catch(cause => this.log.error({ err: cause }, 'gathering failed'))
      .finally(() => {
        queue.isServed = false;
        if (queue.posts.length > 0) this.serve(queue);
      });
  }

  private inTurn(queue: Queue): Promise<void> {
    return turnsOf(this.doors.database).inTurn(queue.source, async () => {
      const posts = this.nextOf(queue);
      if (posts.length > 0) await this.commit(queue, posts);
      if (queue.batch.isDue) await this.close(queue);
    });
  }

  private nextOf(queue: Queue): Post[] {
    const { commitRecords, commitBytes } = this.bounds;
    let [records, bytes, count] = [0, 0, 0];
    for (const post of queue.posts) {
      records += post.cuts.length;
      bytes += post.bytes;
      if (count > 0 && (records > commitRecords || bytes > commitBytes)) break;
      count += 1;
    }
    return queue.posts.splice(0, count);
  }

  /** When a commit of several posts is refused for another reason than the database's, each half is tried by itself. */
  private async commit(queue: Queue, posts: readonly Post[]): Promise<void> {
    try {
      await this.commitTogether(queue, posts);
    } catch (cause) {
      queue.batch.shaken();
      if (isRefusal(cause) && cause.code === 'batch-closed') {
        queue.batch.lost();
        return this.commit(queue, posts);
      }
      if (posts.length > 1 && !isOfAll(cause)) {
        const middle = posts.length >> 1;
        await this.commit(queue, posts.slice(0, middle));
        await this.commit(queue, posts.slice(middle));
        return;
      }
      for (const post of posts) this.settle(queue, post, () => post.reject(cause));
    }
  }

  private async commitTogether(queue: Queue, posts: readonly Post[]): Promise<void> {
    const { source, batch } = queue;
    const first = batch.nextNo;
    const cuts = posts.flatMap(post => post.cuts).map((cut, i) => ({ ...cut, recordNo: first + i }));
    const { batchId, fates } =
      (await this.atOnce(queue, cuts)) ??
      (await acceptCommit(this.doors, source, tx => this.batchFor(tx, queue), cuts));
    batch.committed(batchId, cuts);
    let at = 0;
    for (const post of posts) {
      const own = fates.slice(at, at + post.cuts.length);
      at += post.cuts.length;
      this.settle(queue, post, () => post.resolve({ batchId, fates: own }));
    }
  }

  private async atOnce({ source, batch, keyDigest }: Queue, cuts: readonly Cut[]): Promise<Accepted | null> {
    const { openId: batchId } = batch;
    return batchId === null ? null : acceptAtOnce(this.doors, source, { batchId, keyDigest }, cuts);
  }

  /** Refuses `sender-ended`, with nothing stored, when whoever posted may no longer. */
  private async batchFor(tx: Tx, { keyDigest, batch }: Queue): Promise<number> {
    if (keyDigest !== undefined && !(await confirmKey(tx, keyDigest, this.doors.clock.now())))
      throw new Refusal<GatheringCode>('sender-ended');
    return batch.in(tx);
  }

  /** The next commit is sent first: the database need not wait until all are answered. */
  private settle({ source }: Queue, post: Post, tell: () => void): void {
    this.count(source.partyId, -post.cuts.length, -post.bytes);
    this.untold.push(tell);
    if (this.untold.length === 1) setImmediate(() => this.tellAll());
  }

  private tellAll(): void {
    const untold = this.untold;
    this.untold = [];
    for (const tell of untold) tell();
  }

  private closeDue(): void {
    for (const [name, queue] of this.queues) {
      if (queue.batch.isDue) this.serve(queue);
      else if (!queue.batch.isOpen && !queue.isServed && queue.posts.length === 0) this.queues.delete(name);
    }
  }

  /** A batch that cannot be closed now is closed at a later look, or at the next start. */
  private async close({ batch }: Queue): Promise<void> {
    try {
      await batch.close(this.doors.database);
    } catch (cause) {
      this.log.warn({ err: cause }, 'a batch of posted records could not be closed yet');
    }
  }
}

/** A refusal that every part of a commit would meet again. */
function isOfAll(cause: unknown): boolean {
  return isRefusal(cause) && (cause.code === 'database-unavailable' || cause.code === 'sender-ended');
}

const gatherings = new WeakMap<IntakeDoors, Gathering>();

/** The gathering of these doors, begun at first use; whoever closes the house stops it. */
export function gatheringOf(doors: IntakeDoors, log: Logger): Gathering {
  let found = gatherings.get(doors);
  if (found === undefined) {
    found = new Gathering(doors, log);
    gatherings.set(doors, found);
  }
  return found;
}
