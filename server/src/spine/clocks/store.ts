import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';
import type { ArmedClock } from './arm.ts';

/** The only SQL over case_clock. */

export interface CaseClock {
  readonly caseId: number;
  readonly partyId: number;
  readonly clockId: string;
  readonly catalogue: string;
  readonly armedAtMs: number;
  readonly dueAtMs: number;
  readonly state: 'running' | 'met' | 'missed' | 'stopped';
  /** When the duty was done, in time or late; null while it isn't. */
  readonly endedAtMs: number | null;
}

const columns = sql`
  case_id as "caseId", party_id as "partyId", clock_id as "clockId", catalogue, armed_at as "armedAtMs",
  due_at as "dueAtMs", state, ended_at as "endedAtMs"`;

/** Starts a clock for a case; false when it was started before: an armed clock is never moved. */
export async function startClock(
  tx: Tx,
  owner: { readonly caseId: number; readonly partyId: number },
  armed: ArmedClock,
  atMs: number,
): Promise<boolean> {
  const { rows } = await sql`
    insert into case_clock (case_id, clock_id, party_id, catalogue, armed_at, due_at)
    values (${owner.caseId}, ${armed.rule.id}, ${owner.partyId}, ${armed.catalogue}, ${at(atMs)}, ${at(armed.dueAtMs)})
    on conflict (case_id, clock_id) do nothing returning clock_id`.execute(tx);
  return rows.length > 0;
}

/** The clocks of a case whose duty isn't done yet, among the ids, locked. */
export async function openClocks(tx: Tx, caseId: number, clockIds: readonly string[]): Promise<CaseClock[]> {
  const { rows } = await sql<CaseClock>`
    select ${columns} from case_clock
    where case_id = ${caseId} and clock_id = any(${[...clockIds]}::text[]) and state in ('running', 'missed') and ended_at is null
    order by clock_id for update`.execute(tx);
  return rows;
}

export async function endClock(
  tx: Tx,
  clock: CaseClock,
  state: 'met' | 'missed',
  endedAtMs: number | null,
): Promise<void> {
  const ended = endedAtMs === null ? sql`null` : at(endedAtMs);
  await sql`
    update case_clock set state = ${state}, ended_at = ${ended}
    where case_id = ${clock.caseId} and clock_id = ${clock.clockId}`.execute(tx);
}

/** Running clocks past their last moment, the longest over first, after one of them. */
export async function overrunClocks(
  tx: Tx,
  nowMs: number,
  after: CaseClock | null,
  limit: number,
): Promise<CaseClock[]> {
  const further =
    after === null
      ? sql`true`
      : sql`(due_at, case_id, clock_id) > (${at(after.dueAtMs)}, ${after.caseId}, ${after.clockId})`;
  const { rows } = await sql<CaseClock>`
    select ${columns} from case_clock where state = 'running' and due_at < ${at(nowMs)} and ${further}
    order by due_at, case_id, clock_id limit ${limit}`.execute(tx);
  return rows;
}

export async function clocksOf(tx: Tx, caseId: number): Promise<CaseClock[]> {
  const { rows } = await sql<CaseClock>`
    select ${columns} from case_clock where case_id = ${caseId} order by armed_at, clock_id`.execute(tx);
  return rows;
}
