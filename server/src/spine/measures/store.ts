import { sql } from 'kysely';
import type { Canonical } from '../../kernel/canonical-json.ts';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at, json } from '../../kernel/database/values.ts';
import type { Measure, MeasureState, Terms } from './measure.ts';
import { WATCHED } from './transitions.ts';

/** The only SQL over measure and measure_step. */

const columns = sql`
  measure_id as "measureId", party_id as "partyId", case_id as "caseId", subject_id as "subjectId", kind,
  provider_id as "providerId", terms, state, due_at as "dueAtMs", effective_at as "effectiveAtMs",
  decided_by as "decidedBy", decided_at as "decidedAtMs"`;

/** Writes a decided measure; undefined when the case has a live one of that kind, also one written only just now. */
export async function insertMeasure(
  tx: Tx,
  asked: {
    readonly partyId: number;
    readonly caseId: number;
    readonly subjectId: number;
    readonly kind: string;
    readonly providerId: number;
    readonly terms: Terms;
    readonly orderKey: string;
    readonly dueAtMs: number;
    /** What two persons approved; null where one may order. */
    readonly proposalId: number | null;
    readonly actor: string;
    readonly atMs: number;
  },
): Promise<Measure | undefined> {
  const { rows } = await sql<Measure>`
    insert into measure (party_id, case_id, subject_id, kind, provider_id, terms, state, order_key, due_at, proposal_id, decided_by, decided_at)
    values (${asked.partyId}, ${asked.caseId}, ${asked.subjectId}, ${asked.kind}, ${asked.providerId}, ${json(asked.terms)},
      'decided', ${asked.orderKey}, ${at(asked.dueAtMs)}, ${asked.proposalId}, ${asked.actor}, ${at(asked.atMs)})
    on conflict (case_id, kind) where state not in ('failed', 'lifted', 'closed') do nothing
    returning ${columns}`.execute(tx);
  return rows[0];
}

export async function liveMeasure(tx: Tx, caseId: number, kind: string): Promise<Measure | undefined> {
  const { rows } = await sql<Measure>`
    select ${columns} from measure
    where case_id = ${caseId} and kind = ${kind} and state not in ('failed', 'lifted', 'closed')`.execute(tx);
  return rows[0];
}

/** Measures under way or in force on a subject, of whatever case. */
export async function liveMeasuresOn(tx: Tx, subjectId: number): Promise<Measure[]> {
  const { rows } = await sql<Measure>`
    select ${columns} from measure
    where subject_id = ${subjectId} and state not in ('failed', 'lifted', 'closed') order by measure_id`.execute(
    tx,
  );
  return rows;
}

export async function measureById(tx: Tx, measureId: number): Promise<Measure | undefined> {
  const { rows } = await sql<Measure>`select ${columns} from measure where measure_id = ${measureId}`.execute(
    tx,
  );
  return rows[0];
}

export async function lockMeasure(tx: Tx, measureId: number): Promise<Measure | undefined> {
  const { rows } =
    await sql<Measure>`select ${columns} from measure where measure_id = ${measureId} for update`.execute(tx);
  return rows[0];
}

export async function measuresOfCase(tx: Tx, caseId: number): Promise<Measure[]> {
  const { rows } = await sql<Measure>`
    select ${columns} from measure where case_id = ${caseId} order by measure_id for update`.execute(tx);
  return rows;
}

/**
 * Measures whose look is due, the longest due first, each put off to its next look: an eighth of the time since its
 * state began or its subject was last heard of, at most `mostRestMs`. Two callers never take the same at once.
 */
export async function takeLooks(
  tx: Tx,
  nowMs: number,
  mostRestMs: number,
  limit: number,
): Promise<Measure[]> {
  const now = at(nowMs);
  const { rows } = await sql<Measure>`
    update measure set next_look_at = ${now} + least(
      ${mostRestMs} * interval '1 millisecond',
      greatest(${now} - coalesce(looked_since, decided_at), interval '0') / 8)
    where measure_id in (
      select measure_id from measure where next_look_at <= ${now}
        and (state = any(${[...WATCHED]}::text[]) or (state = 'verified' and storm_until > ${now}))
      order by next_look_at limit ${limit} for update skip locked)
    returning ${columns}`.execute(tx);
  return rows.sort((a, b) => a.measureId - b.measureId);
}

/**
 * Has the measures in force on the subjects looked at now and often again; how many. Locked in order, so that two
 * callers can't wait for each other. Where nothing is in force, no subject is looked up.
 */
export async function wakeLooks(tx: Tx, subjectIds: readonly number[], nowMs: number): Promise<number> {
  const { rows } = await sql`
    update measure set next_look_at = ${at(nowMs)}, looked_since = ${at(nowMs)}
    where measure_id in (
      select measure_id from measure
      where state = 'effective' and subject_id = any(${[...subjectIds]}::bigint[])
        and exists (select from measure where state = 'effective')
      order by measure_id for update)
    returning measure_id`.execute(tx);
  return rows.length;
}

/** Measures in any of the states past their last moment, the longest late first. */
export async function overdueMeasures(
  tx: Tx,
  states: readonly MeasureState[],
  nowMs: number,
  limit: number,
): Promise<Measure[]> {
  const { rows } = await sql<Measure>`
    select ${columns} from measure where state = any(${[...states]}::text[]) and due_at < ${at(nowMs)}
    order by due_at limit ${limit}`.execute(tx);
  return rows;
}

/** Sets the state of a measure the caller holds, from `atMs` on; one that is watched is due for a look at once. */
export async function setState(
  tx: Tx,
  measureId: number,
  state: MeasureState,
  effectiveAtMs: number | null,
  atMs: number,
): Promise<void> {
  const effective = effectiveAtMs === null ? sql`effective_at` : at(effectiveAtMs);
  const look = WATCHED.includes(state)
    ? at(atMs)
    : sql`case when ${state}::text = 'verified' and storm_until > ${at(atMs)} then ${at(atMs)} end`;
  await sql`
    update measure set state = ${state}, effective_at = ${effective}, next_look_at = ${look}, looked_since = ${at(atMs)}
    where measure_id = ${measureId}`.execute(tx);
}

/** Has a block watched for attempts turned away until then. */
export async function watchForStorm(tx: Tx, measureId: number, untilMs: number): Promise<void> {
  await sql`
    update measure set storm_until = ${at(untilMs)}, refused_seen = 0 where measure_id = ${measureId}`.execute(
    tx,
  );
}

/** Keeps the most attempts seen turned away since the block; the sum over the provider's blocks that are watched now. */
export async function countRefused(
  tx: Tx,
  { measureId, providerId }: Measure,
  refused: number,
  nowMs: number,
): Promise<number> {
  await sql`
    update measure set refused_seen = greatest(refused_seen, ${refused}::bigint)
    where measure_id = ${measureId} and storm_until > ${at(nowMs)}`.execute(tx);
  const { rows } = await sql<{ n: number }>`
    select coalesce(sum(refused_seen), 0)::bigint as n from measure
    where provider_id = ${providerId} and storm_until > ${at(nowMs)}`.execute(tx);
  return rows[0]!.n;
}

/** Nothing that was blocked so far is watched any more; how many blocks were. */
export async function endStormWatch(tx: Tx, providerId: number): Promise<number> {
  const { rows } = await sql`
    update measure set storm_until = null where provider_id = ${providerId} and storm_until is not null
    returning measure_id`.execute(tx);
  return rows.length;
}

/** Blocks that are watched now, the attempts turned away over all of them, and the most over those of one provider. */
export async function stormCounts(
  tx: Tx,
  nowMs: number,
): Promise<{ readonly blocks: number; readonly refused: number; readonly mostAtOne: number }> {
  const { rows } = await sql<{ blocks: number; refused: number; mostAtOne: number }>`
    select coalesce(sum(blocks), 0)::bigint as blocks, coalesce(sum(refused), 0)::bigint as refused,
      coalesce(max(refused), 0)::bigint as "mostAtOne"
    from (select count(*) as blocks, sum(refused_seen) as refused from measure
      where storm_until is not null and storm_until > ${at(nowMs)} group by provider_id) as each`.execute(tx);
  return rows[0]!;
}

export async function setDue(tx: Tx, measureId: number, dueAtMs: number): Promise<void> {
  await sql`update measure set due_at = ${at(dueAtMs)} where measure_id = ${measureId}`.execute(tx);
}

export interface Step {
  readonly fromState: MeasureState | null;
  readonly toState: MeasureState;
  readonly atMs: number;
  readonly actor: string;
  readonly proof: Canonical;
}

export async function insertStep(tx: Tx, owner: Measure, step: Step): Promise<number> {
  const { rows } = await sql<{ stepId: number }>`
    insert into measure_step (measure_id, party_id, from_state, to_state, at, actor, proof)
    values (${owner.measureId}, ${owner.partyId}, ${step.fromState}, ${step.toState}, ${at(step.atMs)}, ${step.actor}, ${json(step.proof)})
    returning step_id as "stepId"`.execute(tx);
  return rows[0]!.stepId;
}

export async function stepsOf(tx: Tx, measureId: number): Promise<(Step & { readonly stepId: number })[]> {
  const { rows } = await sql<Step & { stepId: number }>`
    select step_id as "stepId", from_state as "fromState", to_state as "toState", at as "atMs", actor, proof
    from measure_step where measure_id = ${measureId} order by step_id`.execute(tx);
  return rows;
}
