import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { MeasureState } from '../measure.ts';
import type { Batch, Counts, EndState, Outcome, Result } from './batch.ts';

/** The only SQL over measure_batch and measure_batch_member. */

const columns = sql`
  measure_batch_id as "batchId", party_id as "partyId", batch_key as key, asked, deed, kind, terms,
  provider_id as "providerId", why, origin, rule_id as "ruleId", member_count as "memberCount", repeated, members,
  ordered_by as "orderedBy", ordered_at as "orderedAtMs", cancelled_at as "cancelledAtMs",
  cancelled_by as "cancelledBy", cancel_reason as "cancelReason", ended_at as "endedAtMs", end_state as "endState"`;

export type NewBatch = Omit<
  Batch,
  'batchId' | 'cancelledAtMs' | 'cancelledBy' | 'cancelReason' | 'endedAtMs' | 'endState'
>;

/** Writes a batch; undefined when the party has one of that key, also one written only just now. */
export async function insertBatch(tx: Tx, batch: NewBatch): Promise<Batch | undefined> {
  const { rows } = await sql<Batch>`
    insert into measure_batch (party_id, batch_key, asked, deed, kind, terms, provider_id, why, origin, rule_id,
      member_count, repeated, members, ordered_by, ordered_at, next_at)
    values (${batch.partyId}, ${batch.key}, ${batch.asked}, ${batch.deed}, ${batch.kind}, ${json(batch.terms)},
      ${batch.providerId}, ${batch.why}, ${batch.origin}, ${batch.ruleId}, ${batch.memberCount}, ${batch.repeated},
      ${batch.members}, ${batch.orderedBy}, ${at(batch.orderedAtMs)}, ${at(batch.orderedAtMs)})
    on conflict (party_id, batch_key) do nothing
    returning ${columns}`.execute(tx);
  return rows[0];
}

export async function batchOfKey(tx: Tx, partyId: number, key: string): Promise<Batch | undefined> {
  const { rows } = await sql<Batch>`
    select ${columns} from measure_batch where party_id = ${partyId} and batch_key = ${key}`.execute(tx);
  return rows[0];
}

export async function batchById(tx: Tx, batchId: number): Promise<Batch | undefined> {
  const { rows } = await sql<Batch>`
    select ${columns} from measure_batch where measure_batch_id = ${batchId}`.execute(tx);
  return rows[0];
}

/** Batches the newest first, before a number. */
export async function listBatches(tx: Tx, before: number | null, limit: number): Promise<Batch[]> {
  const { rows } = await sql<Batch>`
    select ${columns} from measure_batch where (${before}::bigint is null or measure_batch_id < ${before})
    order by measure_batch_id desc limit ${limit}`.execute(tx);
  return rows;
}

/**
 * The batch, held: `share` keeps it from being cancelled and lets others hold it so; `update` waits for all of them.
 */
export async function holdBatch(
  tx: Tx,
  batchId: number,
  how: 'share' | 'update',
): Promise<Batch | undefined> {
  const lock = how === 'share' ? sql`for share` : sql`for no key update`;
  const { rows } = await sql<Batch>`
    select ${columns} from measure_batch where measure_batch_id = ${batchId} ${lock}`.execute(tx);
  return rows[0];
}

/** A member as it is first written: one of nobody's is settled with it. */
export interface NewMember {
  readonly place: number;
  readonly given: string;
  readonly subjectId: number | null;
  readonly reason: string | null;
}

export async function insertMembers(
  tx: Tx,
  { batchId, partyId, orderedAtMs }: Batch,
  members: readonly NewMember[],
): Promise<void> {
  await sql`
    insert into measure_batch_member (measure_batch_id, party_id, place, given, subject_id, outcome, reason, settled_at)
    select ${batchId}, ${partyId}, place, given, subject_id, case when subject_id is null then 'unknown' end, reason,
      case when subject_id is null then ${at(orderedAtMs)} end
    from unnest(${members.map(each => each.place)}::int[], ${members.map(each => each.given)}::text[],
      ${members.map(each => each.subjectId)}::bigint[], ${members.map(each => each.reason)}::text[])
      as m (place, given, subject_id, reason)`.execute(tx);
}

/** Batches to be gone on with, the longest due first. */
export async function dueBatches(tx: Tx, nowMs: number, limit: number): Promise<Batch[]> {
  const { rows } = await sql<Batch>`
    select ${columns} from measure_batch where next_at <= ${at(nowMs)} order by next_at limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export async function setNext(tx: Tx, batchId: number, atMs: number): Promise<void> {
  await sql`
    update measure_batch set next_at = ${at(atMs)}
    where measure_batch_id = ${batchId} and ended_at is null`.execute(tx);
}

/** Letters of the batch that nobody has answered yet. */
export async function unsentLetters(tx: Tx, batchId: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from outbox o
    join measure_batch_member m on m.measure_id = o.measure_id and m.measure_batch_id = ${batchId}
    where o.done_at is null and o.in_batch`.execute(tx);
  return rows[0]!.n;
}

export interface OpenMember {
  readonly place: number;
  readonly subjectId: number;
}

/** Members that nothing was done for yet, in their order. */
export async function openMembers(tx: Tx, batchId: number, limit: number): Promise<OpenMember[]> {
  const { rows } = await sql<OpenMember>`
    select place, subject_id as "subjectId" from measure_batch_member
    where measure_batch_id = ${batchId} and outcome is null order by place limit ${limit}`.execute(tx);
  return rows;
}

/** An open member, held; undefined when it was settled meanwhile or another holds it. */
export async function holdMember(tx: Tx, batchId: number, place: number): Promise<OpenMember | undefined> {
  const { rows } = await sql<OpenMember>`
    select place, subject_id as "subjectId" from measure_batch_member
    where measure_batch_id = ${batchId} and place = ${place} and outcome is null
    for no key update skip locked`.execute(tx);
  return rows[0];
}

/** Batches decide about a subject one after the other. */
export async function holdSubject(tx: Tx, subjectId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('measure-batch'), (${subjectId} % 2147483647)::int)`.execute(
    tx,
  );
}

export interface Settled {
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly measureId: number | null;
  readonly proposalId: number | null;
}

export async function settleMember(
  tx: Tx,
  batchId: number,
  place: number,
  settled: Settled,
  atMs: number,
): Promise<void> {
  await sql`
    update measure_batch_member
    set outcome = ${settled.outcome}, reason = ${settled.reason}, measure_id = ${settled.measureId},
      proposal_id = ${settled.proposalId}, settled_at = ${at(atMs)}
    where measure_batch_id = ${batchId} and place = ${place}`.execute(tx);
}

/** Cancels a batch the caller holds with every member that nothing was done for; how many those were. */
export async function setCancelled(
  tx: Tx,
  batchId: number,
  by: { readonly actor: string; readonly reason: string; readonly atMs: number },
): Promise<number> {
  await sql`
    update measure_batch set cancelled_at = ${at(by.atMs)}, cancelled_by = ${by.actor}, cancel_reason = ${by.reason},
      next_at = ${at(by.atMs)}
    where measure_batch_id = ${batchId}`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    with cancelled as (
      update measure_batch_member set outcome = 'cancelled', settled_at = ${at(by.atMs)}
      where measure_batch_id = ${batchId} and outcome is null returning place)
    select count(*)::int as n from cancelled`.execute(tx);
  return rows[0]!.n;
}

/** Ends a batch; false when it was ended before. */
export async function setEnded(tx: Tx, batchId: number, state: EndState, atMs: number): Promise<boolean> {
  const { rows } = await sql`
    update measure_batch set ended_at = ${at(atMs)}, end_state = ${state}, next_at = null
    where measure_batch_id = ${batchId} and ended_at is null returning measure_batch_id`.execute(tx);
  return rows.length > 0;
}

/** Proposals that the batch made and nobody decided on. */
export async function waitingProposals(tx: Tx, batchId: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select m.proposal_id as id from measure_batch_member m
    where m.measure_batch_id = ${batchId} and m.outcome = 'proposed' and m.reason is null
      and not exists (select from measure_decision d where d.proposal_id = m.proposal_id)
    order by m.place limit ${limit}`.execute(tx);
  return rows.map(row => row.id);
}

/** Measures of a kind that are ordered, in force or being lifted on any of the subjects. */
export async function standingMeasures(
  tx: Tx,
  subjectIds: readonly number[],
  kind: string,
): Promise<{ readonly measureId: number; readonly subjectId: number; readonly state: MeasureState }[]> {
  const { rows } = await sql<{ measureId: number; subjectId: number; state: MeasureState }>`
    select measure_id as "measureId", subject_id as "subjectId", state from measure
    where subject_id = any(${[...subjectIds]}::bigint[]) and kind = ${kind} and state not in ('failed', 'lifted')
    order by measure_id`.execute(tx);
  return rows;
}

/** Those of the subjects that are critical, by the database's own judgement. */
export async function criticalAmong(tx: Tx, subjectIds: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from unnest(${[...subjectIds]}::bigint[]) as id where is_critical(id)`.execute(tx);
  return rows.map(row => row.id);
}

/** A member's measure, also the one that two persons approved. */
const measure = sql`
  left join lateral (
    select e.measure_id, e.state, e.case_id from measure e
    where e.measure_id = m.measure_id or (m.proposal_id is not null and e.proposal_id = m.proposal_id) limit 1) e on true
  left join measure_decision d on d.proposal_id = m.proposal_id`;

const provedAlready = (state: string) => sql`exists (select from measure_step t
  where t.measure_id = e.measure_id and t.to_state = ${state} and t.proof->>'already' = 'true')`;
const onItsWay = sql`case when letter_tries(e.measure_id) > 0 then 'sent' else 'ordered' end`;

/** What has become of a member `m` of a batch `b`. */
const result: RawBuilder<Result> = sql`
  case
    when m.outcome is null then 'pending'
    when m.outcome in ('already', 'refused', 'unknown', 'cancelled') then m.outcome
    when e.measure_id is null then
      case when d.decision is null then 'waiting' when d.decision = 'approved' then 'already' else 'refused' end
    when b.deed = 'lift' then case
      when e.state = 'lift-ordered' then ${onItsWay}
      when e.state = 'lift-accepted' then 'accepted'
      when e.state = 'lifted' then case when ${provedAlready('lifted')} then 'already' else 'done' end
      else 'failed' end
    when e.state in ('decided', 'ordered') then ${onItsWay}
    when e.state = 'effective' then case when ${provedAlready('effective')} then 'already' else 'done' end
    when e.state in ('verified', 'closed') then 'verified'
    when e.state in ('lift-ordered', 'lift-accepted', 'lifted') then 'undone'
    else e.state
  end`;

/** Why: the server's code, what the provider said, or how two persons decided. */
const reason: RawBuilder<string | null> = sql`
  coalesce(m.reason, case when e.measure_id is null then nullif(d.decision, 'approved') end,
    case when e.state = 'failed' or b.deed = 'lift' then (select t.proof->>'refused' from measure_step t
      where t.measure_id = e.measure_id and t.to_state = e.state order by t.step_id desc limit 1) end,
    case when m.outcome = 'joined' then 'under-another-order' end)`;

/** How many members have come to what. */
export async function countsOf(tx: Tx, batchId: number): Promise<Counts> {
  const { rows } = await sql<{ result: Result; n: number }>`
    select ${result} as result, count(*)::int as n
    from measure_batch b join measure_batch_member m using (measure_batch_id) ${measure}
    where b.measure_batch_id = ${batchId} group by 1`.execute(tx);
  return Object.fromEntries(rows.map(row => [row.result, row.n]));
}

/** A member with what has become of it. */
export interface MemberRow {
  readonly place: number;
  readonly given: string;
  readonly subjectId: number | null;
  readonly result: Result;
  readonly reason: string | null;
  readonly measureId: number | null;
  readonly caseId: number | null;
  readonly proposalId: number | null;
}

/** Members after a place, in their order; of these results alone, where any are named. */
export async function membersOf(
  tx: Tx,
  batchId: number,
  results: readonly Result[] | null,
  afterPlace: number,
  limit: number,
): Promise<MemberRow[]> {
  const { rows } = await sql<MemberRow>`
    select place, given, "subjectId", result, reason, "measureId", "caseId", "proposalId" from (
      select m.place, m.given, m.subject_id as "subjectId", ${result} as result, ${reason} as reason,
        e.measure_id as "measureId", e.case_id as "caseId", m.proposal_id as "proposalId"
      from measure_batch b join measure_batch_member m using (measure_batch_id) ${measure}
      where b.measure_batch_id = ${batchId} and m.place > ${afterPlace}) as told
    where (${results === null ? null : [...results]}::text[] is null or result = any(${results === null ? null : [...results]}::text[]))
    order by place limit ${limit}`.execute(tx);
  return rows;
}
