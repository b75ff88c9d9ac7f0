import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { CreditClass } from '../catalogue.ts';

/** The only SQL over credit_entry and credit_step. */

export interface CreditEntry {
  readonly entryId: number;
  readonly partyId: number;
  readonly personId: number;
  readonly class: CreditClass;
  readonly authority: string;
  readonly authorityLevel: 'prefecture' | 'province' | 'ministry';
  readonly decisionNumber: string;
  /** `YYYY-MM-DD`, as all days here. */
  readonly decisionDate: string;
  readonly decisionSha256: string;
  readonly regime: string;
  readonly state: 'recorded' | 'repaired' | 'ended' | 'withdrawn';
  readonly repairableFrom: string;
  readonly endsOn: string;
  readonly appealState: 'received' | 'upheld' | 'rejected' | null;
  readonly appealDueAtMs: number | null;
  readonly recordedAtMs: number;
  readonly recordedBy: string;
}

const columns = sql`entry_id as "entryId", party_id as "partyId", person_id as "personId", class, authority,
  authority_level as "authorityLevel", decision_number as "decisionNumber", decision_date::text as "decisionDate",
  decision_sha256 as "decisionSha256", regime, state, repairable_from::text as "repairableFrom",
  ends_on::text as "endsOn", appeal_state as "appealState", appeal_due_at as "appealDueAtMs",
  recorded_at as "recordedAtMs", recorded_by as "recordedBy"`;

type Recorded = Omit<CreditEntry, 'entryId' | 'state' | 'appealState' | 'appealDueAtMs'>;

/** Undefined when the decision is entered for the person already. */
export async function insertEntry(tx: Tx, one: Recorded): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    insert into credit_entry (party_id, person_id, class, authority, authority_level, decision_number, decision_date,
      decision_sha256, regime, repairable_from, ends_on, recorded_at, recorded_by)
    values (${one.partyId}, ${one.personId}, ${one.class}, ${one.authority}, ${one.authorityLevel},
      ${one.decisionNumber}, ${one.decisionDate}::text::date, ${one.decisionSha256}, ${one.regime},
      ${one.repairableFrom}::text::date, ${one.endsOn}::text::date, ${at(one.recordedAtMs)}, ${one.recordedBy})
    on conflict (person_id, decision_number) do nothing returning entry_id as id`.execute(tx);
  return rows[0]?.id;
}

export async function entryById(tx: Tx, id: number): Promise<CreditEntry | undefined> {
  const { rows } = await sql<CreditEntry>`select ${columns} from credit_entry where entry_id = ${id}`.execute(
    tx,
  );
  return rows[0];
}

export async function lockEntry(tx: Tx, id: number): Promise<CreditEntry | undefined> {
  const { rows } = await sql<CreditEntry>`select ${columns} from credit_entry
    where entry_id = ${id} for update`.execute(tx);
  return rows[0];
}

export async function setEntryState(tx: Tx, id: number, state: CreditEntry['state']): Promise<void> {
  await sql`update credit_entry set state = ${state} where entry_id = ${id}`.execute(tx);
}

export async function setAppeal(
  tx: Tx,
  id: number,
  state: 'received' | 'upheld' | 'rejected',
  dueAtMs: number | null,
): Promise<void> {
  const due = dueAtMs === null ? sql`appeal_due_at` : at(dueAtMs);
  await sql`update credit_entry set appeal_state = ${state}, appeal_due_at = ${due} where entry_id = ${id}`.execute(
    tx,
  );
}

/** Entries whose term is over, locked. */
export async function entriesToEnd(tx: Tx, today: string, limit: number): Promise<CreditEntry[]> {
  const { rows } = await sql<CreditEntry>`select ${columns} from credit_entry
    where state = 'recorded' and ends_on <= ${today}::text::date order by entry_id limit ${limit}
    for update skip locked`.execute(tx);
  return rows;
}

export interface CreditStep {
  readonly stepId: number;
  readonly step: string;
  readonly atMs: number;
  readonly actor: string;
  readonly proofSha256: string | null;
}

export async function insertCreditStep(
  tx: Tx,
  entry: Pick<CreditEntry, 'entryId' | 'partyId'>,
  step: Omit<CreditStep, 'stepId'>,
): Promise<void> {
  await sql`insert into credit_step (entry_id, party_id, step, at, actor, proof_sha256)
    values (${entry.entryId}, ${entry.partyId}, ${step.step}, ${at(step.atMs)}, ${step.actor}, ${step.proofSha256})`.execute(
    tx,
  );
}

export async function creditSteps(tx: Tx, entryId: number): Promise<CreditStep[]> {
  const { rows } = await sql<CreditStep>`select step_id as "stepId", step, at as "atMs", actor,
    proof_sha256 as "proofSha256" from credit_step where entry_id = ${entryId} order by step_id limit 500`.execute(
    tx,
  );
  return rows;
}

export async function entriesPage(
  tx: Tx,
  filter: { readonly personId?: number | undefined; readonly state?: string | undefined },
  beforeId: number | null,
  limit: number,
): Promise<CreditEntry[]> {
  const ofPerson = filter.personId === undefined ? sql`true` : sql`person_id = ${filter.personId}`;
  const inState = filter.state === undefined ? sql`true` : sql`state = ${filter.state}`;
  const before = beforeId === null ? sql`true` : sql`entry_id < ${beforeId}`;
  const { rows } = await sql<CreditEntry>`select ${columns} from credit_entry
    where ${ofPerson} and ${inState} and ${before} order by entry_id desc limit ${limit}`.execute(tx);
  return rows;
}
