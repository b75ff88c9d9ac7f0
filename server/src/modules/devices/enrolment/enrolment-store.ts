import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Step } from './trace.ts';

/** The only SQL over device_enrolled, device_certificate_seen and device_enrolment. */

export interface Enrolment {
  readonly enrolmentId: number;
  readonly partyId: number;
  readonly fleetId: number;
  readonly operation: string;
  readonly named: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly times: number;
  readonly code: string;
  readonly steps: readonly Step[];
  readonly certificateId: number | null;
  readonly deliveredAtMs: number | null;
  /** When the device was first seen with the certificate. */
  readonly usedAtMs: number | null;
}

export type Told = Pick<
  Enrolment,
  'partyId' | 'fleetId' | 'operation' | 'named' | 'code' | 'steps' | 'certificateId'
> & {
  readonly atMs: number;
};

const MINUTE_MS = 60_000;

/** Writes an attempt down. The same failure of the same name in the same minute is counted instead. */
export async function addEnrolment(tx: Tx, one: Told): Promise<number> {
  const minute = at(one.atMs - (one.atMs % MINUTE_MS));
  const { rows } = await sql<{ enrolmentId: number }>`
    insert into device_enrolment (party_id, fleet_id, operation, named, minute, first_at, last_at, code, steps,
      certificate_id)
    values (${one.partyId}, ${one.fleetId}, ${one.operation}, ${one.named}, ${minute}, ${at(one.atMs)},
      ${at(one.atMs)}, ${one.code}, ${JSON.stringify(one.steps)}::jsonb, ${one.certificateId})
    on conflict (fleet_id, operation, named, code, minute) where certificate_id is null
      do update set times = device_enrolment.times + 1, last_at = excluded.last_at, steps = excluded.steps
    returning enrolment_id as "enrolmentId"`.execute(tx);
  return (rows[0] as { enrolmentId: number }).enrolmentId;
}

/** How many names failed at a fleet within the minute: more than a page of them go under no name. */
export async function failuresWithin(tx: Tx, fleetId: number, atMs: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from device_enrolment
    where fleet_id = ${fleetId} and certificate_id is null and minute = ${at(atMs - (atMs % MINUTE_MS))}`.execute(
    tx,
  );
  return rows[0]?.n ?? 0;
}

export async function setDelivered(tx: Tx, enrolmentId: number, atMs: number): Promise<void> {
  await sql`update device_enrolment set delivered_at = ${at(atMs)} where enrolment_id = ${enrolmentId}`.execute(
    tx,
  );
}

export async function listEnrolments(
  tx: Tx,
  filter: { readonly fleetId?: number | undefined; readonly named?: string | undefined },
  beforeId: number,
  limit: number,
): Promise<Enrolment[]> {
  const { fleetId = null, named = null } = filter;
  const { rows } = await sql<Enrolment>`
    select e.enrolment_id as "enrolmentId", e.party_id as "partyId", e.fleet_id as "fleetId", e.operation, e.named,
      e.first_at as "firstAtMs", e.last_at as "lastAtMs", e.times, e.code, e.steps, e.certificate_id as "certificateId",
      e.delivered_at as "deliveredAtMs", s.first_at as "usedAtMs"
    from device_enrolment e left join device_certificate_seen s using (certificate_id)
    where e.enrolment_id < ${beforeId} and (${fleetId}::bigint is null or e.fleet_id = ${fleetId})
      and (${named}::text is null or e.named = ${named})
    order by e.enrolment_id desc limit ${limit}`.execute(tx);
  return rows;
}

export async function addEnrolled(
  tx: Tx,
  one: {
    readonly certificateId: number;
    readonly partyId: number;
    readonly fleetId: number;
    readonly subjectId: number;
    readonly keySha256: Buffer;
    readonly operation: string;
    readonly atMs: number;
  },
): Promise<void> {
  await sql`
    insert into device_enrolled (certificate_id, party_id, fleet_id, subject_id, key_sha256, operation, at)
    values (${one.certificateId}, ${one.partyId}, ${one.fleetId}, ${one.subjectId}, ${one.keySha256},
      ${one.operation}, ${at(one.atMs)})
    on conflict (certificate_id) do nothing`.execute(tx);
}

/**
 * What came of a device since it was expected: whether it was seen with a certificate or one was held or revoked, and for
 * which keys it has some.
 */
export async function sinceExpected(
  tx: Tx,
  fleetId: number,
  subjectId: number,
  sinceMs: number,
): Promise<{ readonly isSpent: boolean; readonly keys: readonly Buffer[] }> {
  const { rows } = await sql<{ isSpent: boolean; keys: Buffer[] }>`
    select coalesce(bool_or(s.first_at is not null or c.state <> 'valid'), false) as "isSpent",
      coalesce(array_agg(distinct e.key_sha256), '{}'::bytea[]) as keys
    from device_enrolled e join device_certificate c using (certificate_id)
      left join device_certificate_seen s using (certificate_id)
    where e.fleet_id = ${fleetId} and e.subject_id = ${subjectId} and e.at >= ${at(sinceMs)}`.execute(tx);
  return rows[0] as { isSpent: boolean; keys: Buffer[] };
}

/** A certificate was presented by who holds its key. */
export async function markSeen(
  tx: Tx,
  { certificateId, partyId }: { readonly certificateId: number; readonly partyId: number },
  atMs: number,
): Promise<void> {
  await sql`
    insert into device_certificate_seen (certificate_id, party_id, first_at, last_at)
    values (${certificateId}, ${partyId}, ${at(atMs)}, ${at(atMs)})
    on conflict (certificate_id) do update set last_at = excluded.last_at
      where device_certificate_seen.last_at < excluded.last_at`.execute(tx);
}

export async function wasSeen(tx: Tx, certificateId: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from device_certificate_seen where certificate_id = ${certificateId}`.execute(tx);
  return rows.length > 0;
}
