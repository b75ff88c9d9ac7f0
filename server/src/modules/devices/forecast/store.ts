import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';

/** What is to come of certificates: the function of 0062, and what stands beside single ones. */

export interface ForecastRow {
  /** The Monday it begins on, 00:00 UTC. */
  readonly weekMs: number;
  readonly authorityId: number;
  readonly product: string;
  readonly ends: number;
  /** A later certificate of the same device and profile is there. */
  readonly followed: number;
  /** None is, and the device was not seen for so long. */
  readonly silent: number;
}

export async function forecast(
  tx: Tx,
  asked: { readonly fromMs: number; readonly untilMs: number; readonly silentSinceMs: number },
): Promise<ForecastRow[]> {
  const { rows } = await sql<ForecastRow>`
    select week as "weekMs", authority_id as "authorityId", product, ends, followed, silent
    from certificate_forecast(${at(asked.fromMs)}, ${at(asked.untilMs)}, ${at(asked.silentSinceMs)})`.execute(
    tx,
  );
  return rows;
}

/** What stands beside a certificate: when it was seen, what follows it, when its device was seen last with any. */
export interface Beside {
  readonly certificateId: number;
  readonly firstSeenMs: number | null;
  readonly lastSeenMs: number | null;
  readonly deviceSeenMs: number | null;
  readonly nextId: number | null;
  readonly isNextSeen: boolean;
}

export async function besideThose(tx: Tx, certificateIds: readonly number[]): Promise<Beside[]> {
  const { rows } = await sql<Beside>`
    select c.certificate_id as "certificateId", own.first_at as "firstSeenMs", own.last_at as "lastSeenMs",
      (select max(z.last_at) from device_certificate y join device_certificate_seen z using (certificate_id)
        where y.subject_id = c.subject_id) as "deviceSeenMs",
      next.certificate_id as "nextId", coalesce(next.is_seen, false) as "isNextSeen"
    from device_certificate c left join device_certificate_seen own using (certificate_id)
      left join lateral (
        select l.certificate_id, z.first_at is not null as is_seen
        from device_certificate l left join device_certificate_seen z on z.certificate_id = l.certificate_id
        where l.subject_id = c.subject_id and l.state = 'valid' and l.profile = c.profile and l.not_after > c.not_after
        order by z.first_at is not null desc, l.not_after desc limit 1
      ) next on true
    where c.certificate_id = any(${certificateIds}::bigint[])`.execute(tx);
  return rows;
}
