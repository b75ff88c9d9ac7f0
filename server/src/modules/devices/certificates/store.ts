import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** The only SQL over device_certificate and device_certificate_act. */

export type CertificateState = 'valid' | 'held' | 'revoked';

export interface Certificate {
  readonly certificateId: number;
  readonly partyId: number;
  readonly authorityId: number;
  readonly serial: Buffer;
  readonly subjectId: number;
  readonly profile: string;
  readonly shard: number;
  readonly keySha256: Buffer;
  readonly requestSha256: Buffer;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly der: Buffer;
  readonly issuedBy: string;
  readonly issuedAtMs: number;
  readonly state: CertificateState;
  readonly reason: number | null;
  readonly revokedAtMs: number | null;
}

const columns = sql`
  certificate_id as "certificateId", party_id as "partyId", authority_id as "authorityId", serial,
  subject_id as "subjectId", profile, shard, key_sha256 as "keySha256", request_sha256 as "requestSha256",
  not_before as "notBeforeMs", not_after as "notAfterMs", der, issued_by as "issuedBy", issued_at as "issuedAtMs", state,
  reason, revoked_at as "revokedAtMs"`;

export async function addCertificate(
  tx: Tx,
  one: Omit<Certificate, 'certificateId' | 'state' | 'reason' | 'revokedAtMs'>,
): Promise<Certificate> {
  const { rows } = await sql<Certificate>`
    insert into device_certificate (party_id, authority_id, serial, subject_id, profile, shard, key_sha256,
      request_sha256, not_before, not_after, der, issued_by, issued_at)
    values (${one.partyId}, ${one.authorityId}, ${one.serial}, ${one.subjectId}, ${one.profile}, ${one.shard},
      ${one.keySha256}, ${one.requestSha256}, ${at(one.notBeforeMs)}, ${at(one.notAfterMs)}, ${one.der},
      ${one.issuedBy}, ${at(one.issuedAtMs)})
    returning ${columns}`.execute(tx);
  return rows[0] as Certificate;
}

/**
 * Makes whoever works with the same key wait until the commit: what is found of it stays true until then, in every
 * process.
 */
export async function holdKey(tx: Tx, keySha256: Buffer): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`device-key/${keySha256.toString('hex')}`}, 0))`.execute(
    tx,
  );
}

/** Every certificate for a key that the transaction may see, the newest first. */
export async function certificatesOfKey(tx: Tx, keySha256: Buffer): Promise<Certificate[]> {
  const { rows } = await sql<Certificate>`
    select ${columns} from device_certificate where key_sha256 = ${keySha256}
    order by certificate_id desc limit 100`.execute(tx);
  return rows;
}

export async function certificateById(tx: Tx, certificateId: number): Promise<Certificate | undefined> {
  const { rows } = await sql<Certificate>`
    select ${columns} from device_certificate where certificate_id = ${certificateId}`.execute(tx);
  return rows[0];
}

export async function lockCertificate(tx: Tx, certificateId: number): Promise<Certificate | undefined> {
  const { rows } = await sql<Certificate>`
    select ${columns} from device_certificate where certificate_id = ${certificateId} for no key update`.execute(
    tx,
  );
  return rows[0];
}

export interface CertificateFilter {
  readonly subjectId?: number | undefined;
  readonly authorityId?: number | undefined;
  readonly state?: CertificateState | undefined;
  readonly serial?: Buffer | undefined;
  readonly endsBeforeMs?: number | undefined;
  /** Only those of devices that came with this claim certificate. */
  readonly claimId?: number | undefined;
}

export async function listCertificates(
  tx: Tx,
  filter: CertificateFilter,
  afterId: number,
  limit: number,
): Promise<Certificate[]> {
  const { subjectId = null, authorityId = null, state = null, serial = null, endsBeforeMs } = filter;
  const { claimId = null } = filter;
  const { rows } = await sql<Certificate>`
    select ${columns} from device_certificate
    where certificate_id > ${afterId} and (${subjectId}::bigint is null or subject_id = ${subjectId})
      and (${authorityId}::bigint is null or authority_id = ${authorityId})
      and (${state}::text is null or state = ${state}) and (${serial}::bytea is null or serial = ${serial})
      and not_after < ${at(endsBeforeMs ?? Number.MAX_SAFE_INTEGER)}
      and (${claimId}::bigint is null
        or subject_id in (select subject_id from device_claimed where claim_id = ${claimId}))
    order by certificate_id limit ${limit}`.execute(tx);
  return rows;
}

export async function setStanding(
  tx: Tx,
  certificateId: number,
  to: {
    readonly state: CertificateState;
    readonly reason: number | null;
    readonly revokedAtMs: number | null;
    readonly changeNo: number;
  },
): Promise<Certificate> {
  const { rows } = await sql<Certificate>`
    update device_certificate set state = ${to.state}, reason = ${to.reason},
      revoked_at = ${to.revokedAtMs === null ? null : at(to.revokedAtMs)}, change_no = ${to.changeNo}
    where certificate_id = ${certificateId} returning ${columns}`.execute(tx);
  return rows[0] as Certificate;
}

export interface CertificateAct {
  readonly actId: number;
  readonly partyId: number;
  readonly certificateId: number;
  readonly act: 'issued' | 'held' | 'released' | 'revoked';
  readonly reason: number | null;
  readonly why: string | null;
  readonly basis: string | null;
  readonly actor: string;
  readonly atMs: number;
}

const actColumns = sql`
  act_id as "actId", party_id as "partyId", certificate_id as "certificateId", act, reason, why, basis, actor, at as "atMs"`;

export async function addAct(tx: Tx, one: Omit<CertificateAct, 'actId'>): Promise<number> {
  const { rows } = await sql<{ actId: number }>`
    insert into device_certificate_act (party_id, certificate_id, act, reason, why, basis, actor, at)
    values (${one.partyId}, ${one.certificateId}, ${one.act}, ${one.reason}, ${one.why}, ${one.basis}, ${one.actor},
      ${at(one.atMs)}) returning act_id as "actId"`.execute(tx);
  return (rows[0] as { actId: number }).actId;
}

export async function actsOf(tx: Tx, certificateId: number): Promise<CertificateAct[]> {
  const { rows } = await sql<CertificateAct>`
    select ${actColumns} from device_certificate_act where certificate_id = ${certificateId}
    order by act_id limit 500`.execute(tx);
  return rows;
}

/** What the register says of some serials of an authority. */
export interface StandingRow {
  readonly serial: Buffer;
  readonly state: CertificateState;
  readonly reason: number | null;
  readonly revokedAtMs: number | null;
}

export async function standings(
  tx: Tx,
  authorityId: number,
  serials: readonly Uint8Array[],
): Promise<StandingRow[]> {
  const { rows } = await sql<StandingRow>`
    select serial, state, reason, revoked_at as "revokedAtMs" from device_certificate
    where authority_id = ${authorityId} and serial = any(${serials.map(each => Buffer.from(each))}::bytea[])`.execute(
    tx,
  );
  return rows;
}

/** The shards in which something changed after a change of the authority's. */
export async function shardsChanged(tx: Tx, authorityId: number, afterChange: number): Promise<number[]> {
  const { rows } = await sql<{ shard: number }>`
    select distinct shard from device_certificate
    where authority_id = ${authorityId} and change_no > ${afterChange}`.execute(tx);
  return rows.map(row => row.shard);
}

/** Octets of one packed row: serial, milliseconds since 1970 as eight octets, reason. */
export const PACKED_BYTES = 25;
const PACKED_ROWS = 200_000;

/**
 * The revoked certificates of a shard (all with -1) as packed rows, piece by piece. With `afterChange` those whose state
 * changed since, a released one with the reason 8; without it, all that are not valid. One whose time ended before
 * `endedBeforeMs` is left out. Each piece goes on in an index where the last one ended.
 */
export async function* packedRevoked(
  tx: Tx,
  asked: {
    readonly authorityId: number;
    readonly shard: number;
    readonly afterChange: number | null;
    readonly endedBeforeMs: number;
  },
): AsyncGenerator<Buffer> {
  const { authorityId, shard, afterChange, endedBeforeMs } = asked;
  const which = afterChange === null ? sql`state <> 'valid'` : sql`change_no > ${afterChange}`;
  const of = shard === -1 ? sql`` : sql`and shard = ${shard}`;
  const place = afterChange === null ? sql`shard` : sql`change_no`;
  for (let after = { place: -1, id: 0 }; ; ) {
    const { rows } = await sql<{ packed: Buffer | null; place: number; id: number; count: number }>`
      with piece as (
        select certificate_id, ${place} as place, serial, coalesce(revoked_at, 'epoch') as revoked_at,
          case when state = 'valid' then 8 else reason end as reason
        from device_certificate
        where authority_id = ${authorityId} ${of} and ${which} and not_after >= ${at(endedBeforeMs)}
          and (${place}, certificate_id) > (${after.place}, ${after.id})
        order by ${place}, certificate_id limit ${PACKED_ROWS}
      ), last as (select place, certificate_id from piece order by place desc, certificate_id desc limit 1)
      select (select string_agg(serial || int8send((date_part('epoch', revoked_at) * 1000)::bigint)
          || set_byte('\\x00'::bytea, 0, reason), ''::bytea) from piece) as packed,
        place, certificate_id as id, (select count(*)::int from piece) as count from last`.execute(tx);
    const [row] = rows;
    if (row === undefined || row.packed === null) return;
    yield row.packed;
    if (row.count < PACKED_ROWS) return;
    after = { place: row.place, id: row.id };
  }
}
