import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over measure_ladder. */

export type Happened = 'proposed' | 'ordered' | 'done' | 'failed' | 'top';

/** Where a case stands on a ladder, and why. */
export interface LadderStep {
  readonly partyId: number;
  readonly caseId: number;
  readonly ladder: string;
  readonly version: string;
  readonly digest: string;
  /** From 0. */
  readonly rung: number;
  readonly deed: string;
  readonly happened: Happened;
  readonly reason: string;
  readonly measureId: number | null;
  readonly atMs: number;
  readonly actor: string;
}

const columns = sql`
  party_id as "partyId", case_id as "caseId", ladder, version, digest, rung, deed, happened, reason,
  measure_id as "measureId", at as "atMs", actor`;

export async function insertLadderStep(tx: Tx, step: LadderStep): Promise<void> {
  await sql`
    insert into measure_ladder (party_id, case_id, ladder, version, digest, rung, deed, happened, reason, measure_id, at, actor)
    values (${step.partyId}, ${step.caseId}, ${step.ladder}, ${step.version}, ${step.digest}, ${step.rung}, ${step.deed},
      ${step.happened}, ${step.reason}, ${step.measureId}, ${at(step.atMs)}, ${step.actor})`.execute(tx);
}

/** Where the case stands now; undefined for one that never stood on a ladder. */
export async function lastLadderStep(tx: Tx, caseId: number): Promise<LadderStep | undefined> {
  return (await ladderStepsOf(tx, caseId, 1))[0];
}

/** The newest first. */
export async function ladderStepsOf(tx: Tx, caseId: number, limit: number): Promise<LadderStep[]> {
  const { rows } = await sql<LadderStep>`
    select ${columns} from measure_ladder where case_id = ${caseId} order by ladder_step_id desc limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** A task that a case stands on. */
export interface ProposedTask {
  readonly ladderStepId: number;
  readonly partyId: number;
  readonly caseId: number;
  readonly deed: string;
}

/** The tasks among the deeds that cases stand on, the newest first, before a number. */
export async function proposedTasks(
  tx: Tx,
  deeds: readonly string[],
  before: number | null,
  limit: number,
): Promise<ProposedTask[]> {
  const { rows } = await sql<ProposedTask>`
    select ladder_step_id as "ladderStepId", party_id as "partyId", case_id as "caseId", deed
    from measure_ladder as proposed
    where happened = 'proposed' and deed = any(${[...deeds]}::text[])
      and (${before}::bigint is null or ladder_step_id < ${before})
      and not exists (select from measure_ladder as later
        where later.case_id = proposed.case_id and later.ladder_step_id > proposed.ladder_step_id)
    order by ladder_step_id desc limit ${limit}`.execute(tx);
  return rows;
}
