import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { Terms } from '../measure.ts';

/** The only SQL over measure_proposal, measure_consent, measure_decision and mild_measure. */

export const DECISIONS = ['approved', 'refused', 'withdrawn', 'expired'] as const;
export type Decision = (typeof DECISIONS)[number];

/** A measure that waits for two persons, or did (C-44). */
export interface Proposal {
  readonly proposalId: number;
  readonly partyId: number;
  readonly caseId: number;
  readonly subjectId: number;
  readonly kind: string;
  readonly providerId: number;
  readonly terms: Terms;
  readonly why: string;
  readonly proposedBy: string;
  readonly proposedAtMs: number;
  readonly expiresAtMs: number;
  /** Persons who said yes, as the ledger names them, in their order. */
  readonly consents: readonly string[];
  /** When the last of them said it; null when nobody did. */
  readonly consentedAtMs: number | null;
  /** Null while it waits. */
  readonly decision: Decision | null;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  readonly note: string | null;
  readonly measureId: number | null;
}

const columns = sql`
  p.proposal_id as "proposalId", p.party_id as "partyId", p.case_id as "caseId", p.subject_id as "subjectId", p.kind,
  p.provider_id as "providerId", p.terms, p.why, p.proposed_by as "proposedBy", p.proposed_at as "proposedAtMs",
  p.expires_at as "expiresAtMs",
  array(select c.person from measure_consent c where c.proposal_id = p.proposal_id order by c.at, c.person) as consents,
  (select max(c.at) from measure_consent c where c.proposal_id = p.proposal_id) as "consentedAtMs",
  d.decision, d.actor as "decidedBy", d.at as "decidedAtMs", d.note,
  (select m.measure_id from measure m where m.proposal_id = p.proposal_id) as "measureId"`;
const source = sql`measure_proposal p left join measure_decision d on d.proposal_id = p.proposal_id`;

/** By the database's own judgement, which the trigger on measures asks, too; null for a subject that is not there to see. */
export async function isCritical(tx: Tx, subjectId: number): Promise<boolean | null> {
  const { rows } = await sql<{ yes: boolean | null }>`select is_critical(${subjectId}) as yes`.execute(tx);
  return rows[0]!.yes;
}

/** Kinds that stop nothing. */
export async function mildKinds(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ kind: string }>`select kind from mild_measure order by kind`.execute(tx);
  return rows.map(row => row.kind);
}

export async function insertProposal(
  tx: Tx,
  asked: Pick<
    Proposal,
    'partyId' | 'caseId' | 'subjectId' | 'kind' | 'providerId' | 'terms' | 'why' | 'proposedBy'
  > & { readonly proposedAtMs: number; readonly expiresAtMs: number },
): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into measure_proposal (party_id, case_id, subject_id, kind, provider_id, terms, why, proposed_by, proposed_at, expires_at)
    values (${asked.partyId}, ${asked.caseId}, ${asked.subjectId}, ${asked.kind}, ${asked.providerId}, ${json(asked.terms)},
      ${asked.why}, ${asked.proposedBy}, ${at(asked.proposedAtMs)}, ${at(asked.expiresAtMs)})
    returning proposal_id as id`.execute(tx);
  return rows[0]!.id;
}

export async function insertConsent(tx: Tx, of: Proposal, person: string, atMs: number): Promise<void> {
  await sql`
    insert into measure_consent (proposal_id, party_id, person, at)
    values (${of.proposalId}, ${of.partyId}, ${person}, ${at(atMs)})`.execute(tx);
}

export async function insertDecision(
  tx: Tx,
  of: Proposal,
  decided: {
    readonly decision: Decision;
    readonly actor: string;
    readonly note: string;
    readonly atMs: number;
  },
): Promise<void> {
  await sql`
    insert into measure_decision (proposal_id, party_id, decision, actor, note, at)
    values (${of.proposalId}, ${of.partyId}, ${decided.decision}, ${decided.actor}, ${decided.note}, ${at(decided.atMs)})`.execute(
    tx,
  );
}

/** Consents that count now, and how many of them are of persons who lead; their roles stay until this transaction ends. */
export async function consentsOf(
  tx: Tx,
  proposalId: number,
): Promise<{ readonly persons: number; readonly leaders: number }> {
  const { rows } = await sql<{ persons: number; leaders: number }>`
    select persons, leaders from consents_of(${proposalId})`.execute(tx);
  return rows[0]!;
}

export async function proposalById(tx: Tx, proposalId: number): Promise<Proposal | undefined> {
  const { rows } =
    await sql<Proposal>`select ${columns} from ${source} where p.proposal_id = ${proposalId}`.execute(tx);
  return rows[0];
}

/** Proposals the newest first, before a number; of one case, or only those that wait at a moment: one that ran out does not. */
export async function listProposals(
  tx: Tx,
  asked: {
    readonly caseId?: number | undefined;
    readonly waiting?: { readonly is: boolean; readonly atMs: number } | undefined;
  },
  before: number | null,
  limit: number,
): Promise<Proposal[]> {
  const { waiting } = asked;
  const waits =
    waiting === undefined
      ? sql`true`
      : sql`(d.decision is null and p.expires_at > ${at(waiting.atMs)}) = ${waiting.is}`;
  const { rows } = await sql<Proposal>`
    select ${columns} from ${source}
    where (${asked.caseId ?? null}::bigint is null or p.case_id = ${asked.caseId ?? null})
      and ${waits}
      and (${before}::bigint is null or p.proposal_id < ${before})
    order by p.proposal_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** The newest proposal of a kind in a case. */
export async function newestProposal(tx: Tx, caseId: number, kind: string): Promise<Proposal | undefined> {
  const { rows } = await sql<Proposal>`
    select ${columns} from ${source} where p.case_id = ${caseId} and p.kind = ${kind}
    order by p.proposal_id desc limit 1`.execute(tx);
  return rows[0];
}

/** Where a look through proposals by their end goes on. */
export type Place = Pick<Proposal, 'proposalId' | 'expiresAtMs'>;

/** Undecided proposals whose time is over, the longest over first, after a place. */
export async function expiredProposals(
  tx: Tx,
  nowMs: number,
  after: Place | null,
  limit: number,
): Promise<Place[]> {
  const further =
    after === null
      ? sql`true`
      : sql`(p.expires_at, p.proposal_id) > (${at(after.expiresAtMs)}, ${after.proposalId})`;
  const { rows } = await sql<Place>`
    select p.proposal_id as "proposalId", p.expires_at as "expiresAtMs" from ${source}
    where d.decision is null and p.expires_at <= ${at(nowMs)} and ${further}
    order by p.expires_at, p.proposal_id limit ${limit}`.execute(tx);
  return rows;
}
