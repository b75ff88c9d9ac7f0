import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { stage } from '../ledger/stage.ts';
import type { IdentitySeen, IdentityStatement } from './identity/statement.ts';
import { addStatement, lockStanding, statementsOf } from './identity/store.ts';
import type { RegistryCode } from './registry-code.ts';

export type { IdentitySeen, IdentityStatement } from './identity/statement.ts';

/**
 * States what was found out about a subject's identity, with its ledger entry, in the caller's transaction.
 *
 * The transaction is the corridor's (`database.corridor`): from the door the database lets no statement pass and
 * records the attempt. Whoever serves a request checks first, through the door, that the subject is one of the
 * actor's. Statements are never changed: the last one about a subject decides, and the database's clock says
 * whether it is still in force. Gates that rest on the subject wait for this transaction to end.
 * Refuses `subject-unknown`; throws what the database says of a malformed key, method or evidence.
 */
export async function stateIdentity(tx: Tx, statement: IdentityStatement, atMs: number): Promise<number> {
  const stated = await addStatement(tx, statement);
  if (stated === undefined)
    throw new Refusal<RegistryCode>('subject-unknown', { subject: `subject/${statement.subjectId}` });
  const { outcome, person, method, evidence, statedBy } = statement;
  await stage(tx, {
    act: 'identity-stated',
    object: `subject/${statement.subjectId}`,
    partyId: stated.partyId,
    actor: statedBy,
    atMs,
    detail: { outcome, person, method, evidence, statement: stated.statementId },
  });
  return stated.statementId;
}

/** Holds what is known of a subject's identity still until the transaction ends: gates that rest on it wait. */
export function holdIdentity(tx: Tx, subjectId: number): Promise<void> {
  return lockStanding(tx, subjectId);
}

/** The statements about a subject that the transaction may see, the newest first. */
export function identityOf(tx: Tx, subjectId: number, limit = 50): Promise<IdentitySeen[]> {
  return statementsOf(tx, subjectId, limit);
}
