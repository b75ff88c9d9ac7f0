import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { IdentitySeen, IdentityStatement } from './statement.ts';

/** The only SQL over identity_statement. */

/** Undefined when there is no such subject. */
export async function addStatement(
  tx: Tx,
  one: IdentityStatement,
): Promise<{ statementId: number; partyId: number; statedAtMs: number } | undefined> {
  const { rows } = await sql<{ statementId: number; partyId: number; statedAtMs: number }>`
    insert into identity_statement (party_id, subject_id, outcome, person, identity_key, method, evidence, valid_to, stated_by, stated_at)
    select s.party_id, s.subject_id, ${one.outcome}, ${one.person}, ${one.identityKey}::bytea, ${one.method},
      ${one.evidence}, ${at(one.untilMs)}, ${one.statedBy}, now()
    from subject s where s.subject_id = ${one.subjectId}
    returning statement_id as "statementId", party_id as "partyId", stated_at as "statedAtMs"`.execute(tx);
  return rows[0];
}

/** Holds a subject's standing still, alone, until the transaction ends: what rests on it waits. */
export async function lockStanding(tx: Tx, subjectId: number): Promise<void> {
  await sql`select lock_standing(${subjectId}, true)`.execute(tx);
}

/** The newest first. */
export async function statementsOf(tx: Tx, subjectId: number, limit: number): Promise<IdentitySeen[]> {
  const { rows } = await sql<IdentitySeen>`
    select outcome, person, method, evidence, valid_to as "untilMs", stated_by as "statedBy", stated_at as "statedAtMs",
      outcome = 'verified' and clock_timestamp() < valid_to
        and statement_id = max(statement_id) over () as "isInForce"
    from identity_statement where subject_id = ${subjectId} order by statement_id desc limit ${limit}`.execute(
    tx,
  );
  return rows;
}
