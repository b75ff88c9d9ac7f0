import { sql } from 'kysely';
import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at, json } from '../../kernel/database/values.ts';
import type { Act, ActKind, Case, CaseRef } from './case.ts';

/** The only SQL over incident, case_finding and case_act. */

const columns = sql`
  case_id as "caseId", party_id as "partyId", subject_id as "subjectId", subject_kind as "subjectKind",
  rule_id as "ruleId", state, severity, owner_id as "ownerId", opened_at as "openedAtMs",
  closed_at as "closedAtMs", close_reason as "closeReason"`;

/** Opens a case; undefined when one is open for the subject and rule, also when it was opened only just now elsewhere. */
export async function insertCase(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly subjectId: number;
    readonly subjectKind: string;
    readonly ruleId: string;
    readonly severity: string;
    readonly atMs: number;
  },
): Promise<Case | undefined> {
  const { rows } = await sql<Case>`
    insert into incident (party_id, subject_id, subject_kind, rule_id, severity, opened_at)
    values (${asked.partyId}, ${asked.subjectId}, ${asked.subjectKind}, ${asked.ruleId}, ${asked.severity}, ${at(asked.atMs)})
    on conflict (subject_id, rule_id) where state = 'open' do nothing
    returning ${columns}`.execute(tx);
  return rows[0];
}

/**
 * The open case of a subject and rule, locked. Locks on cases let time lines be written meanwhile; whoever
 * needs a case and its measures or clocks locks the case first.
 */
export async function lockOpenCase(tx: Tx, subjectId: number, ruleId: string): Promise<Case | undefined> {
  const { rows } = await sql<Case>`
    select ${columns} from incident
    where subject_id = ${subjectId} and rule_id = ${ruleId} and state = 'open' for no key update`.execute(tx);
  return rows[0];
}

/** The newest open case of a subject, locked; one of the rule named is taken first. */
export async function lockNewestOpenCase(
  tx: Tx,
  subjectId: number,
  ruleId: string | null,
): Promise<Case | undefined> {
  const { rows } = await sql<Case>`
    select ${columns} from incident where subject_id = ${subjectId} and state = 'open'
    order by (rule_id = ${ruleId ?? ''}) desc, case_id desc limit 1 for no key update`.execute(tx);
  return rows[0];
}

export async function caseById(tx: Tx, caseId: number): Promise<Case | undefined> {
  const { rows } = await sql<Case>`select ${columns} from incident where case_id = ${caseId}`.execute(tx);
  return rows[0];
}

export async function lockCase(tx: Tx, caseId: number): Promise<Case | undefined> {
  const { rows } =
    await sql<Case>`select ${columns} from incident where case_id = ${caseId} for no key update`.execute(tx);
  return rows[0];
}

/** The case a finding was joined to, locked, or undefined. */
export async function lockCaseOfFinding(tx: Tx, findingId: string): Promise<Case | undefined> {
  const { rows } = await sql<Case>`
    select ${columns} from incident
    where case_id = (select c.case_id from case_finding c where c.finding_id = decode(${findingId}, 'hex'))
    for no key update`.execute(tx);
  return rows[0];
}

/** Joins a finding to a case; false when it belongs to one already. */
export async function joinFinding(tx: Tx, owner: CaseRef, findingId: string): Promise<boolean> {
  const { rows } = await sql`
    insert into case_finding (case_id, finding_id, party_id)
    values (${owner.caseId}, decode(${findingId}, 'hex'), ${owner.partyId})
    on conflict (finding_id) do nothing returning case_id`.execute(tx);
  return rows.length > 0;
}

export async function findingIdsOf(tx: Tx, caseId: number): Promise<string[]> {
  const { rows } = await sql<{ findingId: string }>`
    select encode(finding_id, 'hex') as "findingId" from case_finding where case_id = ${caseId} order by finding_id`.execute(
    tx,
  );
  return rows.map(row => row.findingId);
}

export async function setSeverity(tx: Tx, caseId: number, severity: string): Promise<void> {
  await sql`update incident set severity = ${severity} where case_id = ${caseId}`.execute(tx);
}

export async function setOwner(tx: Tx, caseId: number, ownerId: string): Promise<void> {
  await sql`update incident set owner_id = ${ownerId} where case_id = ${caseId}`.execute(tx);
}

export async function setClosed(tx: Tx, caseId: number, reason: string, atMs: number): Promise<void> {
  await sql`
    update incident set state = 'closed', closed_at = ${at(atMs)}, close_reason = ${reason}
    where case_id = ${caseId}`.execute(tx);
}

/** Writes one act of the time line; its number. */
export async function insertAct(tx: Tx, owner: CaseRef, act: Act): Promise<number> {
  const { rows } = await sql<{ actId: number }>`
    insert into case_act (case_id, party_id, at, kind, actor, detail)
    values (${owner.caseId}, ${owner.partyId}, ${at(act.atMs)}, ${act.kind}, ${act.actor}, ${json(act.detail)})
    returning act_id as "actId"`.execute(tx);
  return rows[0]!.actId;
}

export interface StoredAct {
  readonly actId: number;
  readonly atMs: number;
  readonly kind: ActKind;
  readonly actor: string;
  readonly detail: Canonical;
}

/** A case's time line after an act, in the order it was written. */
export async function actsOf(
  tx: Tx,
  caseId: number,
  afterActId: number,
  limit: number,
): Promise<StoredAct[]> {
  const { rows } = await sql<StoredAct>`
    select act_id as "actId", at as "atMs", kind, actor, detail from case_act
    where case_id = ${caseId} and act_id > ${afterActId} order by act_id limit ${limit}`.execute(tx);
  return rows;
}

/** The newest act of a kind about a measure (`detail.measure`), or undefined. */
export async function lastActAbout(
  tx: Tx,
  caseId: number,
  kind: ActKind,
  measureId: number,
): Promise<StoredAct | undefined> {
  const { rows } = await sql<StoredAct>`
    select act_id as "actId", at as "atMs", kind, actor, detail from case_act
    where case_id = ${caseId} and kind = ${kind} and (detail->>'measure')::bigint = ${measureId}
    order by act_id desc limit 1`.execute(tx);
  return rows[0];
}

/** Whether the time line has an act of the kind. */
export async function hasAct(tx: Tx, caseId: number, kind: ActKind): Promise<boolean> {
  const { rows } = await sql`
    select 1 from case_act where case_id = ${caseId} and kind = ${kind} limit 1`.execute(tx);
  return rows.length > 0;
}
