import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** What checks read, one question for each; of one party alone, though the transaction may see those below it. */

/** Something that a check found: about what, and on whose account. */
export interface Seen {
  readonly object: string;
  readonly subjectId: number | null;
  readonly authorityId: number;
  readonly reason: string;
  readonly detail: Readonly<Record<string, string>>;
}

interface Asked {
  readonly partyId: number;
}

/** Certificates of devices that end before a moment, or ended after another, and that none of the same profile follows. */
export async function certificatesEnding(
  tx: Tx,
  asked: Asked & {
    readonly nowMs: number;
    readonly fromMs: number;
    readonly untilMs: number;
    readonly most: number;
  },
): Promise<Seen[]> {
  const { rows } = await sql<Seen>`
    select 'certificate/' || c.certificate_id as object, c.subject_id as "subjectId", c.authority_id as "authorityId",
      case when c.not_after < ${at(asked.nowMs)} then 'past' else 'approaching' end as reason,
      jsonb_build_object('until', to_char(c.not_after at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail
    from device_certificate c
    where c.party_id = ${asked.partyId} and c.state = 'valid' and c.not_after >= ${at(asked.fromMs)} and c.not_after < ${at(asked.untilMs)}
      and not exists (select from device_claim d where d.certificate_id = c.certificate_id)
      and not exists (
        select from device_certificate l
        where l.subject_id = c.subject_id and l.state = 'valid' and l.profile = c.profile and l.not_after > c.not_after
      )
    order by c.not_after, c.certificate_id limit ${asked.most}`.execute(tx);
  return rows;
}

/** Certificates in force that were issued before a moment. */
export async function certificatesOld(
  tx: Tx,
  asked: Asked & { readonly nowMs: number; readonly beforeMs: number; readonly most: number },
): Promise<Seen[]> {
  const { rows } = await sql<Seen>`
    select 'certificate/' || certificate_id as object, subject_id as "subjectId", authority_id as "authorityId",
      'old' as reason,
      jsonb_build_object('since', to_char(issued_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail
    from device_certificate
    where party_id = ${asked.partyId} and state = 'valid' and not_after >= ${at(asked.nowMs)} and issued_at < ${at(asked.beforeMs)}
    order by certificate_id limit ${asked.most}`.execute(tx);
  return rows;
}

export interface HeldKey {
  readonly certificateId: number;
  readonly subjectId: number;
  readonly authorityId: number;
  readonly der: Buffer;
}

/** The algorithm identifier of RSA keys (1.2.840.113549.1.1.1) as it stands in a certificate. */
const RSA = Buffer.from('06092a864886f70d010101', 'hex');

/** Certificates in force whose key is an RSA key, by their number; a page goes on behind its last. */
export async function rsaCertificates(
  tx: Tx,
  asked: Asked & { readonly nowMs: number; readonly afterId: number; readonly limit: number },
): Promise<HeldKey[]> {
  const { rows } = await sql<HeldKey>`
    select certificate_id as "certificateId", subject_id as "subjectId", authority_id as "authorityId", der
    from device_certificate
    where party_id = ${asked.partyId} and certificate_id > ${asked.afterId} and state <> 'revoked' and not_after >= ${at(asked.nowMs)}
      and position(${RSA}::bytea in der) > 0
    order by certificate_id limit ${asked.limit}`.execute(tx);
  return rows;
}

/** Keys with which certificates were asked for in the name of another device than the one that has them (I-15). */
export async function keysShared(
  tx: Tx,
  asked: Asked & { readonly sinceMs: number; readonly most: number },
): Promise<(Seen & { readonly named: string })[]> {
  const { rows } = await sql<Seen & { named: string }>`
    select 'enrolment/' || max(e.enrolment_id) as object, null::bigint as "subjectId",
      f.authority_id as "authorityId", 'asked-in-another-name' as reason, '{}'::jsonb as detail, e.named
    from device_enrolment e join device_fleet f using (fleet_id)
    where e.party_id = ${asked.partyId} and e.code = 'key-of-another-device' and e.last_at >= ${at(asked.sinceMs)} and e.named <> ''
    group by e.named, f.authority_id order by max(e.enrolment_id) limit ${asked.most}`.execute(tx);
  return rows;
}

export interface HeldAuthority {
  readonly authorityId: number;
  readonly name: string;
  readonly notAfterMs: number;
  readonly spki: Buffer;
}

/** Authorities that issue, with the public part of their own key. */
export async function authoritiesIssuing(tx: Tx, partyId: number): Promise<HeldAuthority[]> {
  const { rows } = await sql<HeldAuthority>`
    select a.authority_id as "authorityId", a.name, a.not_after as "notAfterMs", k.spki
    from device_authority a join device_authority_key k on k.authority_id = a.authority_id and k.use = 'authority'
    where a.party_id = ${partyId} and a.state = 'active' order by a.authority_id`.execute(tx);
  return rows;
}

/** Claims that are open now: how wide. */
export async function claimsOpen(tx: Tx, partyId: number, nowMs: number) {
  const { rows } = await sql<{
    claimId: number;
    authorityId: number;
    untilMs: number;
    isForAnybody: boolean;
    isUnhurried: boolean;
  }>`
    select d.certificate_id as "claimId", f.authority_id as "authorityId", d.until as "untilMs",
      d.registers and f.approval = 'none' as "isForAnybody", d.most > 1000 and d.most_an_hour >= d.most as "isUnhurried"
    from device_claim d join device_certificate c using (certificate_id) join device_fleet f on f.fleet_id = d.fleet_id
    where d.party_id = ${partyId} and c.state = 'valid' and d.until >= ${at(nowMs)} and f.state = 'open' order by d.certificate_id limit 10000`.execute(
    tx,
  );
  return rows;
}

/** Lists of revoked certificates that should have been made again at half of their time, or have run out. */
export async function listsOverdue(
  tx: Tx,
  asked: Asked & { readonly nowMs: number; readonly graceMs: number },
): Promise<Seen[]> {
  const late = at(asked.nowMs - asked.graceMs);
  const { rows } = await sql<Seen>`
    select 'list/' || l.authority_id || '/' || l.shard || '/' || l.what as object, null::bigint as "subjectId",
      l.authority_id as "authorityId", case when l.next_at < ${at(asked.nowMs)} then 'ran-out' else 'late' end as reason,
      jsonb_build_object('until', to_char(l.next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail
    from (
      select authority_id, shard, 'whole' as what, full_at as made_at, full_next as next_at from device_crl
      where party_id = ${asked.partyId}
      union all
      select authority_id, shard, 'delta', delta_at, delta_next from device_crl where party_id = ${asked.partyId}
    ) l
    where l.made_at is not null and l.made_at + (l.next_at - l.made_at) / 2 < ${late}
    order by l.authority_id, l.shard, l.what limit 10000`.execute(tx);
  return rows;
}
