import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';
import type { BackTest, BackTestAsked, BackTestResult } from './back-test.ts';

/** The only SQL over back_test. */

const columns = sql`
  back_test_id as "backTestId", party_id as "partyId", rule_id as "ruleId", version, text, from_time as "fromMs",
  to_time as "toMs", chosen, state, asked_by as "askedBy", asked_at as "askedAtMs", ended_at as "endedAtMs",
  is_canceled as "isCanceled", done, total, fault, result`;

export async function insertBackTest(tx: Tx, asked: BackTestAsked): Promise<BackTest> {
  const { rows } = await sql<BackTest>`
    insert into back_test (party_id, rule_id, version, text, from_time, to_time, chosen, asked_by, asked_at)
    values (${asked.partyId}, ${asked.ruleId}, ${asked.version}, ${asked.text}, ${at(asked.fromMs)},
      ${at(asked.toMs)}, ${json(asked.chosen)}, ${asked.actor}, ${at(asked.atMs)})
    returning ${columns}`.execute(tx);
  return rows[0]!;
}

export async function backTestById(tx: Tx, ruleId: string, id: number): Promise<BackTest | undefined> {
  const { rows } = await sql<BackTest>`
    select ${columns} from back_test where rule_id = ${ruleId} and back_test_id = ${id}`.execute(tx);
  return rows[0];
}

/** Newest first, below `beforeId`. */
export async function backTestsOf(
  tx: Tx,
  ruleId: string,
  beforeId: number,
  limit: number,
): Promise<BackTest[]> {
  const { rows } = await sql<BackTest>`
    select ${columns} from back_test where rule_id = ${ruleId} and back_test_id < ${beforeId}
    order by back_test_id desc limit ${limit}`.execute(tx);
  return rows;
}

/** How many wait or run. */
export async function countUnended(tx: Tx): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from back_test where state in ('waiting', 'running')`.execute(tx);
  return rows[0]!.n;
}

/** Asks a running one to end and ends one that waits; false when it has ended already. */
export async function askToEnd(tx: Tx, id: number, atMs: number): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    update back_test set is_canceled = true,
      ended_at = case when state = 'waiting' then ${at(atMs)} end,
      state = case when state = 'waiting' then 'canceled' else state end
    where back_test_id = ${id} and state in ('waiting', 'running') returning 1 as one`.execute(tx);
  return rows.length === 1;
}

/** The longest that waits becomes this runner's; undefined when none waits. */
export async function claimNext(tx: Tx, runner: string): Promise<BackTest | undefined> {
  const { rows } = await sql<BackTest>`
    update back_test set state = 'running', runner = ${runner}, heard_at = now()
    where back_test_id = (select back_test_id from back_test where state = 'waiting'
      order by back_test_id limit 1 for update skip locked)
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** How long a runner may be silent, by the database's clock, before its work counts as broken off. */
const SILENT_MS = 600_000;

/** Ends as broken off what this runner left running, and what another did that has fallen silent. */
export async function breakOff(tx: Tx, runner: string, atMs: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    update back_test set state = 'broken-off', ended_at = ${at(atMs)}
    where state = 'running' and (runner = ${runner} or heard_at < now() - ${SILENT_MS} * interval '1 ms')
    returning back_test_id as id`.execute(tx);
  return rows.map(row => row.id);
}

/** Notes how far it came; false when it is to end. */
export async function noteProgress(tx: Tx, id: number, done: number, total: number | null): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    update back_test set done = ${done}, total = ${total}, heard_at = now()
    where back_test_id = ${id} and state = 'running' and not is_canceled returning 1 as one`.execute(tx);
  return rows.length === 1;
}

/** Ends a running one; false when it does not run any more. */
export async function end(
  tx: Tx,
  id: number,
  how: {
    readonly state: 'finished' | 'canceled' | 'failed' | 'broken-off';
    readonly result?: BackTestResult;
    readonly fault?: string;
    readonly atMs: number;
  },
): Promise<boolean> {
  const { rows } = await sql<{ one: number }>`
    update back_test set state = ${how.state}, ended_at = ${at(how.atMs)}, fault = ${how.fault ?? null},
      done = case when ${how.state} = 'finished' then coalesce(total, done) else done end,
      result = ${how.result === undefined ? sql`null::jsonb` : json(how.result)}
    where back_test_id = ${id} and state = 'running' returning 1 as one`.execute(tx);
  return rows.length === 1;
}

/** The newest finished back-test of this very version over everybody that proves something. */
export async function proofOf(tx: Tx, ruleId: string, version: string): Promise<number | undefined> {
  const { rows } = await sql<{ id: number }>`
    select back_test_id as id from back_test
    where rule_id = ${ruleId} and version = ${version} and state = 'finished' and chosen = '{}'
      and not (result->>'isVacuous')::boolean
    order by back_test_id desc limit 1`.execute(tx);
  return rows[0]?.id;
}
