import type { Tx } from '../kernel/database/transaction.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { recordRefused } from '../spine/registry/recorded.ts';
import type { Actor, Doors } from './app.ts';

/**
 * Does an act of the actor's party in one transaction. A refusal of it is on record before it goes on to the caller;
 * what the act itself puts on record is its own.
 */
export async function tried<T>(
  doors: Doors,
  { partyId, label }: Actor,
  act: string,
  object: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  try {
    return await doors.database.door(partyId, work);
  } catch (thrown) {
    if (isRefusal(thrown)) await recordRefused(doors, { act, object, partyId, actor: label }, thrown.code);
    throw thrown;
  }
}
