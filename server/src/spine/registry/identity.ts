import type { Tx } from '../../kernel/database/transaction.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { stage } from '../ledger/stage.ts';
import { addStatement, statementsOf } from './identity/store.ts';
import type { RegistryCode } from './registry-code.ts';

/**
 * Whether a subject is who it says it is: the one fact that whoever verifies identities (the vault) hands to
 * whoever must not act without it (the gate before sale). No personal data is in it.
 */
export interface IdentityStatement {
  /** A holder, a seller or another subject of the registry; the statement belongs to that subject's party. */
  readonly subjectId: number;
  /** `verified` until `untilMs`; `failed` and `withdrawn` end what was verified before, at once. */
  readonly outcome: 'verified' | 'failed' | 'withdrawn';
  readonly person: 'natural' | 'unit';
  /**
   * Blind index of the identity, 16 to 64 bytes: equal for one identity document whatever subjects stand for it,
   * so that cards of one identity are counted together (C-04). Null where nothing was verified.
   */
  readonly identityKey: Buffer | null;
  /** How, in lower case with hyphens: `liveness`, `in-person`, `document-check`. */
  readonly method: string;
  /** Where the proof lies, as an object of ours: `verification/12`. */
  readonly evidence: string;
  readonly untilMs: number;
  /** `person/…`, `key/…`, or the name of the job that verified. */
  readonly statedBy: string;
}

/** A statement as it stands; when it was stated is the database's clock. */
export interface IdentitySeen extends Omit<IdentityStatement, 'subjectId' | 'identityKey'> {
  readonly statedAtMs: number;
  /** The last one, `verified`, and not over by the database's clock. */
  readonly isInForce: boolean;
}

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

/** The statements about a subject that the transaction may see, the newest first. */
export function identityOf(tx: Tx, subjectId: number, limit = 50): Promise<IdentitySeen[]> {
  return statementsOf(tx, subjectId, limit);
}
