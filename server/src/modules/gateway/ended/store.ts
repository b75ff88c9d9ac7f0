import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at } from '../../../kernel/database/values.ts';
import type { Withheld } from './withheld.ts';

/** The only SQL over gateway_ending and gateway_withheld. */

export interface Ending {
  readonly endingId: string;
  readonly partyId: number;
  readonly certificateId: number;
  readonly device: string;
  readonly fault: 'revoked' | 'suspended';
  readonly node: string;
  /** How many connections were closed. */
  readonly connections: number;
  /** When the last of them was, or when it was seen that there was none. */
  readonly endedAtMs: number;
}

/** Rows for one statement: payloads of a message are up to 131,072 octets. */
const ROWS_AT_ONCE = 100;

/** False where the ending stands already. */
export async function addEnding(tx: Tx, one: Ending): Promise<boolean> {
  const { rows } = await sql`
    insert into gateway_ending (ending_id, party_id, certificate_id, device, fault, node, connections, ended_at)
    values (${one.endingId}, ${one.partyId}, ${one.certificateId}, ${one.device}, ${one.fault}, ${one.node},
      ${one.connections}, ${at(one.endedAtMs)})
    on conflict (ending_id) do nothing returning 1`.execute(tx);
  return rows.length > 0;
}

export async function addWithheld(
  tx: Tx,
  { endingId, partyId }: Pick<Ending, 'endingId' | 'partyId'>,
  all: readonly Withheld[],
): Promise<void> {
  for (let from = 0; from < all.length; from += ROWS_AT_ONCE) {
    const some = all.slice(from, from + ROWS_AT_ONCE);
    await sql`
      insert into gateway_withheld (ending_id, party_id, what, topic, qos, sender, payload)
      select ${endingId}::uuid, ${partyId}::bigint, one.what, one.topic, one.qos, one.sender, one.payload
      from unnest(${some.map(each => each.what)}::text[], ${some.map(each => each.topic)}::text[],
        ${some.map(each => each.qos)}::smallint[], ${some.map(each => each.sender)}::text[],
        ${some.map(each => Buffer.from(each.payload))}::bytea[])
        with ordinality as one (what, topic, qos, sender, payload, n)
      order by one.n`.execute(tx);
  }
}

export type ListedEnding = Ending & { readonly seq: number };

export async function listEndings(
  tx: Tx,
  certificateId: number | null,
  afterId: number,
  limit: number,
): Promise<ListedEnding[]> {
  const { rows } = await sql<ListedEnding>`
    select seq, ending_id as "endingId", party_id as "partyId", certificate_id as "certificateId", device, fault, node,
      connections, ended_at as "endedAtMs"
    from gateway_ending
    where seq > ${afterId} and (${certificateId}::bigint is null or certificate_id = ${certificateId})
    order by seq limit ${limit}`.execute(tx);
  return rows;
}

export interface ListedWithheld extends Withheld {
  readonly withheldId: number;
  readonly endingId: string;
  readonly payload: Buffer;
}

export async function listWithheld(
  tx: Tx,
  certificateId: number,
  afterId: number,
  limit: number,
): Promise<ListedWithheld[]> {
  const { rows } = await sql<ListedWithheld>`
    select w.withheld_id as "withheldId", w.ending_id as "endingId", w.what, w.topic, w.qos, w.sender, w.payload
    from gateway_withheld w join gateway_ending e using (ending_id)
    where e.certificate_id = ${certificateId} and w.withheld_id > ${afterId}
    order by w.withheld_id limit ${limit}`.execute(tx);
  return rows;
}
