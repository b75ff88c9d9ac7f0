import { sql } from 'kysely';
import type { Tx } from '../../kernel/database/transaction.ts';

/** Counts for the status page, of what the transaction's party may see. */
export interface Overview {
  readonly subjects: number;
  readonly sources: number;
  readonly observations: number;
  readonly quarantineOpen: number;
  readonly findingsStanding: number;
  readonly casesOpen: number;
  readonly measuresLive: number;
  readonly clocksMissed: number;
}

/** Read-only and across stations. `observations` counts what batches accepted, not rows: a count over all leaves would be slow. */
export async function overview(tx: Tx): Promise<Overview> {
  const { rows } = await sql<Overview>`
    select
      (select count(*) from subject) as subjects,
      (select count(*) from source where retired_at is null) as sources,
      (select coalesce(sum(accepted), 0)::bigint from batch) as observations,
      (select count(*) from quarantine where state = 'open') as "quarantineOpen",
      (select count(*) from finding f where (select s.standing from finding_standing s
        where s.finding_id = f.finding_id order by s.standing_id desc limit 1) <> 'withdrawn') as "findingsStanding",
      (select count(*) from incident where state = 'open') as "casesOpen",
      (select count(*) from measure where state not in ('failed', 'lifted', 'closed')) as "measuresLive",
      (select count(*) from case_clock where state = 'missed') as "clocksMissed"`.execute(tx);
  return rows[0]!;
}
