import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Database, Tx } from '../../kernel/database/transaction.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { type Clock, MINUTE_MS } from '../../kernel/time.ts';
import { stage } from '../ledger/stage.ts';
import { countRefusal } from './refusals/store.ts';

export interface RecordDoors {
  readonly database: Database;
  readonly clock: Clock;
}

/** What a critical act says of itself before it is tried. */
export interface Attempt {
  readonly act: string;
  readonly object: string;
  readonly partyId: number;
  readonly actor: string;
  readonly detail?: Readonly<Record<string, Canonical>>;
}

/**
 * Does a security-critical act so that the ledger has it on success and on failure.
 *
 * On success the act and its entry commit together; an entry that cannot be staged undoes the act. When the
 * act is refused, an entry `<act>-refused` with the refusal's code is committed by itself before the refusal
 * goes on to the caller; an entry that cannot be written becomes the error.
 */
export async function recorded<T>(
  doors: RecordDoors,
  attempt: Attempt,
  work: (tx: Tx) => Promise<{ result: T; object?: string; detail?: Readonly<Record<string, Canonical>> }>,
): Promise<T> {
  const { partyId, actor } = attempt;
  try {
    return await doors.database.door(partyId, async tx => {
      const done = await work(tx);
      await stage(tx, {
        act: attempt.act,
        object: done.object ?? attempt.object,
        partyId,
        actor,
        atMs: doors.clock.now(),
        detail: { ...attempt.detail, ...done.detail },
      });
      return done.result;
    });
  } catch (thrown) {
    if (isRefusal(thrown)) await recordRefused(doors, attempt, thrown.code);
    throw thrown;
  }
}

/** How many refusals of one act, actor and code the ledger tells one by one in a minute; more are counted. */
export const MOST_TOLD = 5;

/**
 * Puts on record that an act was refused, by itself. From the sixth of a minute on it is counted, and the count
 * follows as one entry when the minute is over (`settleRefusals`): being refused floods no ledger.
 */
export async function recordRefused(doors: RecordDoors, attempt: Attempt, code: string): Promise<void> {
  await doors.database.door(attempt.partyId, tx => tellRefused(tx, attempt, code, doors.clock.now()));
}

/** `recordRefused` where the refusal itself is written down, in the same transaction of its party. */
export async function tellRefused(tx: Tx, attempt: Attempt, code: string, atMs: number): Promise<void> {
  const { act, object, actor, detail } = attempt;
  const partyId = attempt.partyId === 0 ? null : attempt.partyId;
  const minuteMs = atMs - (atMs % MINUTE_MS);
  const times = await countRefusal(tx, { act, actor, code, minuteMs, partyId });
  if (times > MOST_TOLD) return;
  await stage(tx, {
    act: `${act}-refused`,
    object,
    partyId,
    actor,
    atMs,
    detail: { ...detail, code },
  });
}
