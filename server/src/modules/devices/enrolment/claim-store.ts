import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { CertificateState } from '../certificates/store.ts';

/** The only SQL over device_claim and device_claimed. */

/** A claim certificate, by the number of its certificate, and how far it was used. */
export interface Claim {
  readonly claimId: number;
  readonly partyId: number;
  readonly fleetId: number;
  readonly title: string;
  readonly most: number;
  readonly mostAnHour: number;
  readonly untilMs: number;
  readonly registers: boolean;
  readonly madeBy: string;
  readonly madeAtMs: number;
  /** Of its certificate, which is suspended and revoked like any other. */
  readonly state: CertificateState;
  readonly devices: number;
}

const columns = sql`
  d.certificate_id as "claimId", d.party_id as "partyId", d.fleet_id as "fleetId", d.title, d.most,
  d.most_an_hour as "mostAnHour", d.until as "untilMs", d.registers, d.made_by as "madeBy", d.made_at as "madeAtMs",
  c.state, (select count(*)::int from device_claimed u where u.claim_id = d.certificate_id) as devices`;
const tables = sql`device_claim d join device_certificate c using (certificate_id)`;

/** Keeps what a claim certificate opens; one that is kept already stays as it is. */
export async function addClaim(tx: Tx, one: Omit<Claim, 'state' | 'devices'>): Promise<void> {
  await sql`
    insert into device_claim (certificate_id, party_id, fleet_id, title, most, most_an_hour, until, registers, made_by,
      made_at)
    values (${one.claimId}, ${one.partyId}, ${one.fleetId}, ${one.title}, ${one.most}, ${one.mostAnHour},
      ${at(one.untilMs)}, ${one.registers}, ${one.madeBy}, ${at(one.madeAtMs)})
    on conflict (certificate_id) do nothing`.execute(tx);
}

export async function claimById(tx: Tx, claimId: number): Promise<Claim | undefined> {
  const { rows } = await sql<Claim>`
    select ${columns} from ${tables} where d.certificate_id = ${claimId}`.execute(tx);
  return rows[0];
}

export async function listClaims(
  tx: Tx,
  fleetId: number | undefined,
  afterId: number,
  limit: number,
): Promise<Claim[]> {
  const { rows } = await sql<Claim>`
    select ${columns} from ${tables}
    where d.certificate_id > ${afterId} and (${fleetId ?? null}::bigint is null or d.fleet_id = ${fleetId ?? null})
    order by d.certificate_id limit ${limit}`.execute(tx);
  return rows;
}

/** Whether a device came with the claim before, and how many others did: in all, and since a moment. */
export async function claimedSoFar(
  tx: Tx,
  claimId: number,
  subjectId: number | null,
  sinceMs: number,
): Promise<{ readonly isCounted: boolean; readonly all: number; readonly lately: number }> {
  const { rows } = await sql<{ isCounted: boolean; all: number; lately: number }>`
    select coalesce(bool_or(subject_id = ${subjectId}::bigint), false) as "isCounted", count(*)::int as all,
      count(*) filter (where at > ${at(sinceMs)})::int as lately
    from device_claimed where claim_id = ${claimId}`.execute(tx);
  return rows[0] as { isCounted: boolean; all: number; lately: number };
}

export async function addClaimed(
  tx: Tx,
  one: {
    readonly claimId: number;
    readonly subjectId: number;
    readonly partyId: number;
    readonly atMs: number;
  },
): Promise<void> {
  await sql`
    insert into device_claimed (claim_id, subject_id, party_id, at)
    values (${one.claimId}, ${one.subjectId}, ${one.partyId}, ${at(one.atMs)})
    on conflict (claim_id, subject_id) do nothing`.execute(tx);
}

/**
 * What a device has already: whether any certificate of its was seen, ended or given in another way than by enrolling, and
 * for which keys it has some.
 */
export async function hasAlready(
  tx: Tx,
  subjectId: number,
): Promise<{ readonly isSpent: boolean; readonly keys: readonly Buffer[] }> {
  const { rows } = await sql<{ isSpent: boolean; keys: Buffer[] }>`
    select coalesce(bool_or(s.first_at is not null or c.state <> 'valid' or e.certificate_id is null), false)
        as "isSpent",
      coalesce(array_agg(distinct c.key_sha256) filter (where c.certificate_id is not null), '{}'::bytea[]) as keys
    from device_certificate c left join device_enrolled e using (certificate_id)
      left join device_certificate_seen s using (certificate_id)
    where c.subject_id = ${subjectId}`.execute(tx);
  return rows[0] as { isSpent: boolean; keys: Buffer[] };
}

/** Makes whoever counts the keys of the same device wait until the commit, in every process. */
export async function holdDevice(tx: Tx, subjectId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`device-keys/${subjectId}`}, 0))`.execute(tx);
}
