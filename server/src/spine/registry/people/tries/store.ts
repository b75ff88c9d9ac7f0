import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

/** The only SQL over sign_in_try and known_peer. */

export interface TryLimits {
  readonly lockAfter: number;
  readonly firstLockMs: number;
  readonly longestLockMs: number;
  readonly quietMs: number;
}

/**
 * Counts one try, in one statement, and locks the counter from the `lockAfter`th on: for `firstLockMs`, doubled
 * with every further try, at most `longestLockMs`. After `quietMs` without a try it counts from the beginning.
 * False when it is locked: then nothing is counted.
 */
export async function chargeTry(tx: Tx, counter: string, atMs: number, limits: TryLimits): Promise<boolean> {
  const tries = sql`(case when s.last_at < ${at(atMs - limits.quietMs)} then 1 else s.tries + 1 end)`;
  const lockMs = sql`least(${limits.longestLockMs}::double precision,
    ${limits.firstLockMs}::double precision * power(2, least(${tries} - ${limits.lockAfter}, 30)))`;
  const { rows } = await sql<{ tries: number }>`
    insert into sign_in_try as s (counter, tries, last_at) values (${counter}, 1, ${at(atMs)})
    on conflict (counter) do update set
      tries = ${tries}, last_at = ${at(atMs)},
      locked_until = case when ${tries} >= ${limits.lockAfter}
        then ${at(atMs)} + make_interval(secs => ${lockMs} / 1000.0) end
    where s.locked_until is null or s.locked_until <= ${at(atMs)}
    returning tries`.execute(tx);
  return rows.length === 1;
}

export async function lockedUntil(tx: Tx, counter: string): Promise<number | null> {
  const { rows } = await sql<{ untilMs: number | null }>`
    select locked_until as "untilMs" from sign_in_try where counter = ${counter}`.execute(tx);
  return rows[0]?.untilMs ?? null;
}

export async function forgetTries(tx: Tx, counter: string): Promise<void> {
  await sql`update sign_in_try set tries = 0, locked_until = null where counter = ${counter}`.execute(tx);
}

/** The same for every counter whose name begins so. */
export async function forgetTriesFrom(tx: Tx, beginning: string): Promise<void> {
  await sql`update sign_in_try set tries = 0, locked_until = null
    where starts_with(counter, ${beginning})`.execute(tx);
}

export async function returnTry(tx: Tx, counter: string): Promise<void> {
  await sql`update sign_in_try set tries = greatest(tries - 1, 0) where counter = ${counter}`.execute(tx);
}

export async function isKnownPeer(tx: Tx, account: string, peer: string, sinceMs: number): Promise<boolean> {
  const { rows } = await sql<{ isKnown: boolean }>`select exists (select from known_peer
    where account = ${account} and peer = ${peer} and last_at > ${at(sinceMs)}) as "isKnown"`.execute(tx);
  return rows[0]!.isKnown;
}

export async function keepKnownPeer(tx: Tx, account: string, peer: string, atMs: number): Promise<void> {
  await sql`insert into known_peer (account, peer, last_at) values (${account}, ${peer}, ${at(atMs)})
    on conflict (account, peer) do update set last_at = excluded.last_at`.execute(tx);
}

/** Drops what no longer says anything: counters quiet since then, addresses last known before. */
export async function dropStale(tx: Tx, before: { triesMs: number; knownMs: number }): Promise<void> {
  await sql`delete from sign_in_try where last_at < ${at(before.triesMs)}`.execute(tx);
  await sql`delete from known_peer where last_at < ${at(before.knownMs)}`.execute(tx);
}
