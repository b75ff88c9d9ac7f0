import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, json } from '../../../kernel/database/values.ts';

/** SQL over terms_basis: what a module's terms rested on when subjects were last judged. */

/** From a moment on (null: since ever), until the next stretch, terms rest on what the digest names. */
export interface BasisStretch {
  readonly fromMs: number | null;
  readonly digest: string;
}

/** What was noted of the module; locked until the transaction ends, so that one start at a time compares. */
export async function lockBasis(tx: Tx, module: string): Promise<readonly BasisStretch[] | undefined> {
  await sql`select pg_advisory_xact_lock(7403, hashtext(${module}))`.execute(tx);
  const { rows } = await sql<{ stretches: readonly BasisStretch[] }>`
    select stretches from terms_basis where module = ${module}`.execute(tx);
  return rows[0]?.stretches;
}

export async function noteBasis(
  tx: Tx,
  module: string,
  stretches: readonly BasisStretch[],
  atMs: number,
): Promise<void> {
  await sql`
    insert into terms_basis (module, stretches, noted_at) values (${module}, ${json(stretches)}, ${at(atMs)})
    on conflict (module) do update set stretches = excluded.stretches, noted_at = excluded.noted_at`.execute(
    tx,
  );
}
