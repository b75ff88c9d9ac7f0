import { sql } from 'kysely';
import { executePrepared } from '../../../../kernel/database/run-transaction.ts';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

export interface KeyRow {
  readonly keyId: string;
  readonly partyId: number;
  readonly scopes: readonly string[];
  readonly createdBy: string;
  readonly keyHash: Buffer;
  readonly onlySubject: number | null;
}

/** The live keys of the digests, those that have one. */
export async function keysInUse(tx: Tx, digests: readonly Buffer[], atMs: number): Promise<KeyRow[]> {
  const statement = sql<KeyRow>`
    select key_id as "keyId", party_id as "partyId", scopes, created_by as "createdBy", key_hash as "keyHash",
      only_subject as "onlySubject"
    from unnest(${digests}::bytea[]) as asked (digest) cross join lateral api_key_in_use(asked.digest, ${at(atMs)})`;
  const { rows } = await executePrepared(tx, statement);
  return rows;
}
