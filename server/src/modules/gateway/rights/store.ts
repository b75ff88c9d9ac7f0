import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Rights } from './rights.ts';

/** The only SQL over gateway_rights. */

export interface SetRights extends Rights {
  readonly product: string;
  readonly setBy: string;
  readonly setAtMs: number;
}

const columns = sql`product, publish, subscribe, set_by as "setBy", set_at as "setAtMs"`;

export async function putRights(tx: Tx, partyId: number, one: SetRights): Promise<void> {
  await sql`
    insert into gateway_rights (party_id, product, publish, subscribe, set_by, set_at)
    values (${partyId}, ${one.product}, ${one.publish}::text[], ${one.subscribe}::text[], ${one.setBy}, ${at(one.setAtMs)})
    on conflict (party_id, product) do update set publish = excluded.publish, subscribe = excluded.subscribe,
      set_by = excluded.set_by, set_at = excluded.set_at`.execute(tx);
}

export async function listRights(tx: Tx): Promise<SetRights[]> {
  const { rows } = await sql<SetRights>`
    select ${columns} from gateway_rights order by party_id, product limit 1000`.execute(tx);
  return rows;
}

/** Rights of one product, for whoever changes them until its commit; those given where there are none. */
export async function lockRights(tx: Tx, partyId: number, otherwise: SetRights): Promise<SetRights> {
  const { product, setBy, setAtMs } = otherwise;
  await sql`
    insert into gateway_rights (party_id, product, publish, subscribe, set_by, set_at)
    values (${partyId}, ${product}, ${otherwise.publish}::text[], ${otherwise.subscribe}::text[], ${setBy}, ${at(setAtMs)})
    on conflict (party_id, product) do nothing`.execute(tx);
  const { rows } = await sql<SetRights>`
    select ${columns} from gateway_rights where party_id = ${partyId} and product = ${product}
    for no key update`.execute(tx);
  return rows[0] as SetRights;
}

/** Rights of one product, of the party whose transaction it is. */
export async function rightsOf(tx: Tx, partyId: number, product: string): Promise<SetRights | undefined> {
  const { rows } = await sql<SetRights>`
    select ${columns} from gateway_rights where party_id = ${partyId} and product = ${product}`.execute(tx);
  return rows[0];
}

/** Rights of some products of all parties: one is named by `party product`. */
export async function rightsNamed(tx: Tx, names: readonly string[]): Promise<ReadonlyMap<string, Rights>> {
  const { rows } = await sql<Rights & { name: string }>`
    select party_id || ' ' || product as name, publish, subscribe from gateway_rights
    where party_id || ' ' || product = any(${names}::text[])`.execute(tx);
  return new Map(rows.map(({ name, publish, subscribe }) => [name, { publish, subscribe }]));
}
