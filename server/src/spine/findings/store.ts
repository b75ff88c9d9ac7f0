import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';
import { at } from '../../kernel/database/values.ts';
import { rfc3339 } from '../../kernel/time.ts';
import type { NewFinding, Standing, StandingMove } from './finding.ts';

/** The only SQL over finding and finding_standing. */

/** Inserts those not stored yet, each with its first standing; the ids that were really inserted. */
export async function insertFindings(tx: Tx, findings: readonly NewFinding[]): Promise<string[]> {
  if (findings.length === 0) return [];
  const asked = JSON.stringify(
    findings.map(finding => ({
      ...finding,
      observedAt: rfc3339(finding.observedAtMs),
      judgedAt: rfc3339(finding.judgedAtMs),
    })),
  );
  const { rows } = await sql<{ findingId: string }>`
    with asked as (
      select * from jsonb_to_recordset(${asked}::jsonb) as f (
        "findingId" text, "partyId" bigint, "ruleId" text, "ruleVersion" text, "subjectId" bigint, key text,
        "completedBy" text, "observedAt" timestamptz, "judgedAt" timestamptz, severity text, historical boolean,
        evidence jsonb)
    ), added as (
      insert into finding (finding_id, party_id, rule_id, rule_version, subject_id, key, completed_by,
        observed_at, judged_at, severity, historical, evidence)
      select decode("findingId", 'hex'), "partyId", "ruleId", "ruleVersion", "subjectId", key,
        decode("completedBy", 'hex'), "observedAt", "judgedAt", severity, historical, evidence
      from asked
      on conflict (finding_id) do nothing
      returning finding_id, party_id, judged_at
    ), standing as (
      insert into finding_standing (finding_id, party_id, standing, at, reason)
      select finding_id, party_id, 'found', judged_at, 'judged' from added
    )
    select encode(finding_id, 'hex') as "findingId" from added`.execute(tx);
  return rows.map(row => row.findingId);
}

/** Gives each finding the standing, save those that have it (or, for a reinstatement, were never withdrawn). */
export async function moveStandings(
  tx: Tx,
  findingIds: readonly string[],
  standing: 'withdrawn' | 'reinstated',
  reason: string,
  atMs: number,
): Promise<StandingMove[]> {
  if (findingIds.length === 0) return [];
  const stands =
    standing === 'withdrawn' ? sql`last.standing <> 'withdrawn'` : sql`last.standing = 'withdrawn'`;
  const { rows } = await sql<StandingMove>`
    with moved as (
      select f.finding_id, f.party_id, f.rule_id, f.subject_id, f.historical
      from (select distinct decode(id, 'hex') as finding_id from unnest(${[...findingIds]}::text[]) as id) asked
      join finding f using (finding_id)
      cross join lateral (
        select s.standing from finding_standing s where s.finding_id = f.finding_id order by s.standing_id desc limit 1
      ) last
      where ${stands}
    ), written as (
      insert into finding_standing (finding_id, party_id, standing, at, reason)
      select finding_id, party_id, ${standing}, ${at(atMs)}, ${reason} from moved
    )
    select encode(finding_id, 'hex') as "findingId", party_id as "partyId", rule_id as "ruleId",
      subject_id as "subjectId", historical
    from moved order by finding_id`.execute(tx);
  return rows;
}

export interface StoredFinding {
  readonly findingId: string;
  readonly ruleId: string;
  readonly ruleVersion: string;
  readonly subjectId: number;
  readonly key: string;
  readonly observedAtMs: number;
  readonly standing: Standing;
}

/** Findings of the rules on the subjects observed at or after `fromMs`, with the standing their last row gives. */
export async function storedFindings(
  tx: Tx,
  ruleIds: readonly string[],
  subjectIds: readonly number[],
  fromMs: number,
): Promise<StoredFinding[]> {
  if (subjectIds.length === 0) return [];
  const { rows } = await sql<StoredFinding>`
    select encode(f.finding_id, 'hex') as "findingId", f.rule_id as "ruleId", f.rule_version as "ruleVersion", f.subject_id as "subjectId",
      f.key, f.observed_at as "observedAtMs", last.standing
    from finding f
    cross join lateral (
      select s.standing from finding_standing s where s.finding_id = f.finding_id order by s.standing_id desc limit 1
    ) last
    where f.rule_id = any(${[...ruleIds]}::text[]) and f.subject_id = any(${[...subjectIds]}::bigint[]) and f.observed_at >= ${at(fromMs)}
    order by f.observed_at, f.finding_id`.execute(tx);
  return rows;
}

/** Which of the subjects any finding at all is on, standing or not. */
export async function subjectsWithFindings(tx: Tx, subjectIds: readonly number[]): Promise<Set<number>> {
  if (subjectIds.length === 0) return new Set();
  const { rows } = await sql<{ subjectId: number }>`
    select distinct subject_id as "subjectId" from finding where subject_id = any(${[...subjectIds]}::bigint[])`.execute(
    tx,
  );
  return new Set(rows.map(row => row.subjectId));
}

/** The same of one key of rules keyed by its field, on whichever subjects. */
export async function storedFindingsUnder(
  tx: Tx,
  ruleIds: readonly string[],
  key: string,
  fromMs: number,
): Promise<StoredFinding[]> {
  const { rows } = await sql<StoredFinding>`
    select encode(f.finding_id, 'hex') as "findingId", f.rule_id as "ruleId", f.rule_version as "ruleVersion", f.subject_id as "subjectId",
      f.key, f.observed_at as "observedAtMs", last.standing
    from finding f
    cross join lateral (
      select s.standing from finding_standing s where s.finding_id = f.finding_id order by s.standing_id desc limit 1
    ) last
    where f.rule_id = any(${[...ruleIds]}::text[]) and f.key not like 'subject/%'
      and hashtextextended(f.key, 0) = hashtextextended(${key}, 0) and f.key = ${key} and f.observed_at >= ${at(fromMs)}
    order by f.observed_at, f.finding_id`.execute(tx);
  return rows;
}

/** How many of the findings stand. */
export async function countStanding(tx: Tx, findingIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from unnest(${[...findingIds]}::text[]) as id
    where (select s.standing from finding_standing s where s.finding_id = decode(id, 'hex')
      order by s.standing_id desc limit 1) <> 'withdrawn'`.execute(tx);
  return rows[0]!.n;
}

export interface StandingRow {
  readonly standing: Standing;
  readonly atMs: number;
  readonly reason: string;
}

/** Every change of a finding's standing, oldest first. */
export async function standingsOf(tx: Tx, findingId: string): Promise<StandingRow[]> {
  const { rows } = await sql<StandingRow>`
    select standing, at as "atMs", reason from finding_standing
    where finding_id = decode(${findingId}, 'hex') order by standing_id`.execute(tx);
  return rows;
}
