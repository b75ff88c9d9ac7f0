import { createHash } from 'node:crypto';
import type { Database } from '../../../kernel/database/transaction.ts';
import { MINUTE_MS, SECOND_MS } from '../../../kernel/time.ts';
import { chargeTry, signInState } from './store.ts';

/**
 * How many wrong passwords an account bears (NIST SP 800-63B §5.2.2 wants at most 100 in a row): the tenth
 * locks it for half a minute, each further one for twice as long, up to an hour.
 */
export const LIMITS = { lockAfter: 10, firstLockMs: 30 * SECOND_MS, longestLockMs: 60 * MINUTE_MS } as const;

const NOBODY = 0;
/** Names that belong to nobody share this many accounts, so that a lock tells nothing of who exists. */
const UNKNOWN_ACCOUNTS = 4_096;

/** The account that tries for a name are counted against when nobody has that name. */
export function unknownAccount(email: string): string {
  const bucket = createHash('sha256').update(email).digest().readUInt32BE(0) % UNKNOWN_ACCOUNTS;
  return `unknown/${bucket}`;
}

/**
 * Counts a try before the password is looked at, so that any number of tries at once gets no more guesses
 * than one after the other. Returns 0 when the try may go on, else how long the account stays locked, in
 * milliseconds. A good password afterwards forgets the tries.
 */
export async function beginTry(database: Database, account: string, nowMs: number): Promise<number> {
  return database.door(NOBODY, async tx => {
    if ((await chargeTry(tx, account, nowMs, LIMITS)) !== undefined) return 0;
    const state = await signInState(tx, account);
    return Math.max(SECOND_MS, (state?.lockedUntilMs ?? nowMs) - nowMs);
  });
}
