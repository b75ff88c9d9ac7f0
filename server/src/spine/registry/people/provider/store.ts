import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

/** The only SQL over provider_link, provider_invitation and provider_attempt. */

export interface Attempt {
  readonly digest: Buffer;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly invitation: Buffer | null;
}

/** Keeps an attempt; drops those made before. False when there are `most` already. */
export async function keepAttempt(
  tx: Tx,
  attempt: Attempt,
  times: { atMs: number; dropBeforeMs: number; most: number },
): Promise<boolean> {
  await sql`delete from provider_attempt where made_at < ${at(times.dropBeforeMs)}`.execute(tx);
  const { rows } = await sql<{ state: string }>`
    insert into provider_attempt (digest, state, nonce, verifier, invitation, made_at)
    select ${attempt.digest}, ${attempt.state}, ${attempt.nonce}, ${attempt.verifier}, ${attempt.invitation}, ${at(times.atMs)}
    where (select count(*) from provider_attempt) < ${times.most}
    returning state`.execute(tx);
  return rows.length === 1;
}

/** The attempt of a browser, which is gone with it: nobody comes back twice. */
export async function takeAttempt(tx: Tx, digest: Buffer, madeAfterMs: number): Promise<Attempt | undefined> {
  const { rows } = await sql<Attempt>`
    delete from provider_attempt where digest = ${digest} and made_at >= ${at(madeAfterMs)}
    returning digest, state, nonce, verifier, invitation`.execute(tx);
  return rows[0];
}

/** An invitation takes the place of an earlier one of the person. */
export async function keepInvitation(
  tx: Tx,
  invitation: { digest: Buffer; userId: string; atMs: number; expiresAtMs: number },
): Promise<void> {
  await sql`delete from provider_invitation where user_id = ${invitation.userId}`.execute(tx);
  await sql`insert into provider_invitation (digest, user_id, made_at, expires_at) values
    (${invitation.digest}, ${invitation.userId}, ${at(invitation.atMs)}, ${at(invitation.expiresAtMs)})`.execute(
    tx,
  );
}

/** Whom an invitation is for; it is spent with the transaction. */
export async function takeInvitation(tx: Tx, digest: Buffer, nowMs: number): Promise<string | undefined> {
  const { rows } = await sql<{ userId: string }>`
    delete from provider_invitation where digest = ${digest} and expires_at > ${at(nowMs)}
    returning user_id as "userId"`.execute(tx);
  return rows[0]?.userId;
}

export async function linkedPerson(tx: Tx, issuer: string, subject: string): Promise<string | undefined> {
  const { rows } = await sql<{ userId: string }>`select user_id as "userId" from provider_link
    where issuer = ${issuer} and subject = ${subject}`.execute(tx);
  return rows[0]?.userId;
}

/** False when the subject is somebody already, or the person has another subject there. */
export async function addLink(
  tx: Tx,
  link: { issuer: string; subject: string; userId: string; atMs: number },
): Promise<boolean> {
  const { rows } = await sql<{ userId: string }>`
    insert into provider_link (issuer, subject, user_id, linked_at)
    values (${link.issuer}, ${link.subject}, ${link.userId}, ${at(link.atMs)})
    on conflict do nothing returning user_id as "userId"`.execute(tx);
  return rows.length === 1;
}

/** How many links and open invitations of a person are gone with the transaction. */
export async function dropLinks(tx: Tx, userId: string): Promise<number> {
  const links = await sql<{
    n: string;
  }>`delete from provider_link where user_id = ${userId} returning issuer as n`.execute(tx);
  const invitations = await sql<{ n: string }>`
    delete from provider_invitation where user_id = ${userId} returning user_id as n`.execute(tx);
  return links.rows.length + invitations.rows.length;
}
