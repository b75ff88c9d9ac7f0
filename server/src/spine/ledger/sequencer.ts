import { setTimeout as delay } from 'node:timers/promises';
import type { Database, Tx } from '../../kernel/database/transaction.ts';
import type { Logger } from '../../kernel/log.ts';
import { isRefusal, type Refusal } from '../../kernel/refusal.ts';
import type { Clock } from '../../kernel/time.ts';
import { signCheckpoint } from './checkpoint.ts';
import { append, copyEdge, type Edge, edgeRoot, type MadeTile, openUpperTiles } from './edge.ts';
import type { NoteSigner } from './note.ts';
import type { LedgerCode } from './refusals.ts';
import { loadEdge, settle } from './settle.ts';
import {
  addCheckpoint,
  addTiles,
  isStagedUpTo,
  lastCheckpoint,
  lastStagedId,
  lastSuccession,
  lockSequencer,
  MOST_BATCH_BYTES,
  moveToLedger,
  type StoredCheckpoint,
  takeHeading,
  takeStaged,
} from './store.ts';
import { MOST_ENTRY_BYTES } from './tiles.ts';

/** Where a test may end the process in thought: each names what is already durable. */
export type FaultPoint = 'nothing-committed' | 'committed' | 'file-drafted' | 'file-replaced';

export interface SequencerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** The log's key; its name is the origin. It is told anew when another log follows (`renamed`). */
  readonly key: NoteSigner;
  /** Called with the origin under which checkpoints stand from now on. */
  readonly renamed?: (origin: string) => void;
  /** The path of the last published checkpoint, outside the database. */
  readonly checkpointFile: string;
  readonly intervalMs: number;
  /** The most entries of one transaction. */
  readonly mostEntries?: number;
  readonly faults?: (point: FaultPoint) => void | Promise<void>;
}

export interface Sequencer {
  /**
   * Sequences and publishes all that was committed before the call, and returns the tree size; throws what stood in
   * the way. An older transaction that still runs, in any database of the server, holds entries back: for these
   * it waits at most `waitMs` (2 seconds unless told).
   */
  flush(waitMs?: number): Promise<number>;
  /** Ends the loop after the transaction under way. */
  stop(): Promise<void>;
  /** Published tree size, and why nothing is signed at the moment, if so. */
  state(): { readonly size: number; readonly refusal: Refusal | null };
}

/** Why nothing is signed and all else goes on: the acts wait. */
const WAITS: readonly string[] = ['ledger-behind', 'ledger-forked'] satisfies LedgerCode[];
const MOST_ENTRIES = 4096;
const FLUSH_WAIT_MS = 2_000;
const POLL_MS = 10;

/**
 * Starts the one sequencer of the log. It opens the log first, signing the empty checkpoint of a new one, and
 * throws a `Refusal` (`ledger-damaged`, `ledger-key-differs`) when it cannot be opened. Where a checkpoint is known
 * that the database does not reach or does not lead from (`ledger-behind`, `ledger-forked`), it starts and signs
 * nothing: acts are staged and wait. Several may run against one database: each batch is made by whoever holds the lock, from the
 * state it finds there, so they never fork.
 */
export async function startSequencer(options: SequencerOptions): Promise<Sequencer> {
  const run = sequencing(options);
  let refusal: Refusal | null = null;
  let size = await run
    .batch()
    .then(made => made.size)
    .catch(async cause => {
      if (!isRefusal(cause) || !WAITS.includes(cause.code)) throw cause;
      refusal = cause;
      options.log.error({ err: cause }, 'the ledger signs nothing');
      return (await options.database.corridor(lastCheckpoint))?.size ?? 0;
    });
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const drain = (): Promise<number> => {
    const turn = queue.then(async () => {
      for (let isMore = true; isMore; ) ({ size, isMore } = await run.batch());
      return size;
    });
    queue = turn.catch(() => {});
    return turn;
  };
  const flush = async (waitMs = FLUSH_WAIT_MS): Promise<number> => {
    const last = await options.database.corridor(lastStagedId);
    await drain();
    for (let waitedMs = 0; waitedMs < waitMs; waitedMs += POLL_MS) {
      if (!(await options.database.corridor(tx => isStagedUpTo(tx, last)))) break;
      await delay(POLL_MS);
      await drain();
    }
    return size;
  };
  const loop = async (): Promise<void> => {
    try {
      await drain();
      refusal = null;
    } catch (cause) {
      if (!isRefusal(cause))
        options.log.error({ err: cause }, 'sequencing failed; the next turn starts from the rows');
      else if (cause.code !== refusal?.code) options.log.error({ err: cause }, 'the ledger signs nothing');
      refusal = isRefusal(cause) ? cause : refusal;
    }
    if (!isStopped) timer = setTimeout(loop, options.intervalMs);
  };
  timer = setTimeout(loop, options.intervalMs);

  return {
    flush,
    state: () => ({ size, refusal }),
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await queue;
      clearTimeout(timer);
    },
  };
}

/** Whether a bound, rather than the end of what is staged, ended the batch. */
function isCut(staged: ReadonlyArray<{ entry: Buffer }>, most: number): boolean {
  const bytes = staged.reduce((sum, row) => sum + row.entry.length, 0);
  return staged.length >= most || bytes > MOST_BATCH_BYTES - MOST_ENTRY_BYTES;
}

interface Made {
  readonly size: number;
  readonly isMore: boolean;
}

/**
 * The order of one batch: entries, tiles and signed checkpoint commit in one transaction; then the file is
 * replaced; and only the file is shown to anyone. So a checkpoint that was ever seen is covered by durable
 * rows, and the file is never behind what was seen.
 */
function sequencing(options: SequencerOptions): { batch(): Promise<Made> } {
  const most = options.mostEntries ?? MOST_ENTRIES;
  const faults = options.faults ?? (() => {});
  let key = options.key;
  const settling = () => ({ ...options, key, drafted: () => faults('file-drafted') });
  let edge: Edge | null = null;

  async function batch(): Promise<Made> {
    const known = edge;
    // Until a commit is known to have happened, the rows alone say where the log ends.
    edge = null;
    const made = await options.database.corridor(async tx => {
      await lockSequencer(tx);
      const succession = await lastSuccession(tx);
      const origin = succession?.origin ?? key.name;
      if (origin !== key.name) key = { ...options.key, sign: options.key.sign, name: origin };
      const last = await settle(tx, settling());
      const isKnown =
        known !== null && last !== null && known.size === last.size && edgeRoot(known).equals(last.root);
      const start = isKnown ? known : await loadEdge(tx, last);
      const isFirst = succession !== null && start.size <= succession.treeSize;
      const result = await sequence(tx, start, last, isFirst);
      if (result.isNew) await faults('nothing-committed');
      return result;
    });
    if (made.isNew) {
      await faults('committed');
      await publish();
    }
    edge = made.edge;
    return { size: made.edge.size, isMore: made.isMore };
  }

  async function sequence(tx: Tx, start: Edge, last: StoredCheckpoint | null, isFirst: boolean) {
    const due = await takeStaged(tx, most);
    // Under a new origin the first entry says what the log follows, whatever waited before it.
    const heading = isFirst ? await takeHeading(tx) : [];
    const staged = [...heading, ...due.filter(row => row.stageId !== heading[0]?.stageId)];
    if (staged.length === 0 && last !== null) return { edge: start, isMore: false, isNew: false };
    const next = copyEdge(start);
    const tiles: MadeTile[] = [];
    for (const row of staged) append(next, row.entry, tiles);
    if (staged.length > 0) {
      await moveToLedger(
        tx,
        start.size,
        staged.map(row => row.stageId),
      );
    }
    await addTiles(tx, [...tiles, ...openUpperTiles(next)]);
    const root = edgeRoot(next);
    const note = signCheckpoint(next.size, root, key);
    await addCheckpoint(tx, { size: next.size, root, note }, options.clock.now());
    return { edge: next, isMore: isCut(staged, most), isNew: true };
  }

  /** Under the lock again, so that of two sequencers neither puts the file back to an earlier checkpoint. */
  async function publish(): Promise<void> {
    await options.database.corridor(async tx => {
      await lockSequencer(tx);
      await settle(tx, settling());
    });
    if (key.name !== options.key.name) options.renamed?.(key.name);
    await faults('file-replaced');
  }

  return { batch };
}
