import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { CheckId, Severity } from './checks.ts';

/** The only SQL over device_audit_run and device_audit_result. */

export const VERIFICATIONS = ['true-positive', 'benign-positive', 'false-positive', 'unknown'] as const;
export type Verification = (typeof VERIFICATIONS)[number];

export interface AuditRun {
  readonly runId: number;
  readonly partyId: number;
  readonly madeBy: string;
  readonly atMs: number;
  /** Results that stand after it, that are new with it, that it cleared. */
  readonly standing: number;
  readonly fresh: number;
  readonly cleared: number;
  readonly cut: readonly string[];
}

export interface AuditResult {
  readonly resultId: number;
  readonly partyId: number;
  readonly checkId: CheckId;
  readonly severity: Severity;
  readonly object: string;
  readonly claim: string;
  readonly reason: string;
  readonly detail: Readonly<Record<string, string>>;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly clearedAtMs: number | null;
  readonly verification: Verification;
  readonly verificationBy: string | null;
  readonly verificationAtMs: number | null;
  readonly verificationWhy: string | null;
}

export type Found = Pick<AuditResult, 'checkId' | 'severity' | 'object' | 'claim' | 'reason' | 'detail'>;

const runColumns = sql`
  run_id as "runId", party_id as "partyId", made_by as "madeBy", at as "atMs", standing, fresh, cleared, cut`;
const columns = sql`
  result_id as "resultId", party_id as "partyId", check_id as "checkId", severity, object, claim, reason, detail,
  first_at as "firstAtMs", last_at as "lastAtMs", cleared_at as "clearedAtMs", verification, verification_by as "verificationBy",
  verification_at as "verificationAtMs", verification_why as "verificationWhy"`;

/** Makes whoever looks at the same party wait until the commit, in every process. */
export async function holdAudit(tx: Tx, partyId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`device-audit/${partyId}`}, 0))`.execute(tx);
}

export async function lastRun(tx: Tx, partyId: number): Promise<AuditRun | undefined> {
  const { rows } = await sql<AuditRun>`
    select ${runColumns} from device_audit_run where party_id = ${partyId}
    order by run_id desc limit 1`.execute(tx);
  return rows[0];
}

/** Parties with an authority that nobody looked at since a moment, the longest first. */
export async function partiesDue(tx: Tx, sinceMs: number, most: number): Promise<number[]> {
  const { rows } = await sql<{ partyId: number }>`
    select a.party_id as "partyId"
    from (select distinct party_id from device_authority where state <> 'requested') a
      left join lateral (
        select r.at from device_audit_run r where r.party_id = a.party_id order by r.run_id desc limit 1
      ) last on true
    where last.at is null or last.at <= ${at(sinceMs)} order by last.at nulls first, a.party_id limit ${most}`.execute(
    tx,
  );
  return rows.map(row => row.partyId);
}

/**
 * Keeps what a look found: what stood already goes on, what is new begins, and what was not found any more is cleared,
 * save of the checks that were cut short or not made.
 */
export async function keepRun(
  tx: Tx,
  run: {
    readonly partyId: number;
    readonly by: string;
    readonly atMs: number;
    readonly cut: readonly string[];
  },
  made: readonly CheckId[],
  found: readonly Found[],
): Promise<AuditRun> {
  const list = JSON.stringify(found);
  const whole = made.filter(each => !run.cut.includes(each));
  const { rows } = await sql<AuditRun>`
    with found as (
      select * from jsonb_to_recordset(${list}::jsonb) as f ("checkId" text, object text, reason text)
    )
    insert into device_audit_run (party_id, made_by, at, standing, fresh, cleared, cut)
    select ${run.partyId}::bigint, ${run.by}, ${at(run.atMs)}::timestamptz,
      (select count(*) from found),
      (select count(*) from found f where not exists (
        select from device_audit_result r where r.party_id = ${run.partyId} and r.check_id = f."checkId"
          and r.object = f.object and r.reason = f.reason and r.cleared_at is null)),
      (select count(*) from device_audit_result r where r.party_id = ${run.partyId} and r.cleared_at is null
        and r.check_id = any(${whole}::text[]) and not exists (
          select from found f where f."checkId" = r.check_id and f.object = r.object and f.reason = r.reason)),
      ${run.cut}::text[]
    returning ${runColumns}`.execute(tx);
  const kept = rows[0] as AuditRun;
  await sql`
    update device_audit_result r set cleared_at = ${at(run.atMs)}
    where r.party_id = ${run.partyId} and r.cleared_at is null and r.check_id = any(${whole}::text[])
      and not exists (
        select from jsonb_to_recordset(${list}::jsonb) as f ("checkId" text, object text, reason text)
        where f."checkId" = r.check_id and f.object = r.object and f.reason = r.reason)`.execute(tx);
  await sql`
    insert into device_audit_result (party_id, check_id, severity, object, claim, reason, detail, first_run, first_at,
      last_run, last_at)
    select ${run.partyId}::bigint, "checkId", severity, object, claim, reason, detail, ${kept.runId}::bigint, ${at(run.atMs)}::timestamptz,
      ${kept.runId}::bigint, ${at(run.atMs)}::timestamptz
    from jsonb_to_recordset(${list}::jsonb)
      as f ("checkId" text, severity text, object text, claim text, reason text, detail jsonb)
    on conflict (party_id, check_id, object, reason) where cleared_at is null
      do update set last_run = excluded.last_run, last_at = excluded.last_at, detail = excluded.detail,
        severity = excluded.severity`.execute(tx);
  return kept;
}

export interface ResultFilter {
  readonly checkId?: string | undefined;
  readonly verification?: Verification | undefined;
  /** Whether those that were cleared are wanted too. */
  readonly isAll: boolean;
}

export async function listResults(
  tx: Tx,
  filter: ResultFilter,
  afterId: number,
  limit: number,
): Promise<AuditResult[]> {
  const { checkId = null, verification = null, isAll } = filter;
  const { rows } = await sql<AuditResult>`
    select ${columns} from device_audit_result
    where result_id > ${afterId} and (${checkId}::text is null or check_id = ${checkId})
      and (${verification}::text is null or verification = ${verification}) and (${isAll}::boolean or cleared_at is null)
    order by result_id limit ${limit}`.execute(tx);
  return rows;
}

export async function standingByCheck(tx: Tx): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ checkId: string; n: number }>`
    select check_id as "checkId", count(*)::int as n from device_audit_result
    where cleared_at is null group by check_id`.execute(tx);
  return new Map(rows.map(row => [row.checkId, row.n]));
}

export async function lockResult(tx: Tx, resultId: number): Promise<AuditResult | undefined> {
  const { rows } = await sql<AuditResult>`
    select ${columns} from device_audit_result where result_id = ${resultId} for no key update`.execute(tx);
  return rows[0];
}

export async function setVerification(
  tx: Tx,
  resultId: number,
  to: {
    readonly verification: Verification;
    readonly by: string;
    readonly atMs: number;
    readonly why: string | null;
  },
): Promise<AuditResult> {
  const { rows } = await sql<AuditResult>`
    update device_audit_result set verification = ${to.verification}, verification_by = ${to.by}, verification_at = ${at(to.atMs)},
      verification_why = ${to.why}
    where result_id = ${resultId} returning ${columns}`.execute(tx);
  return rows[0] as AuditResult;
}

/** Results that were not put on the corridor yet, of some party, the oldest first. */
export async function untold(tx: Tx, limit: number): Promise<AuditResult[]> {
  const { rows } = await sql<AuditResult>`
    select ${columns} from device_audit_result
    where told_at is null and party_id = (
      select party_id from device_audit_result where told_at is null order by result_id limit 1)
    order by result_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setTold(tx: Tx, resultIds: readonly number[], atMs: number): Promise<void> {
  await sql`
    update device_audit_result set told_at = ${at(atMs)}
    where result_id = any(${resultIds}::bigint[]) and told_at is null`.execute(tx);
}
