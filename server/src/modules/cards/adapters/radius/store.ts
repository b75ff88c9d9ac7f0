import { sql } from 'kysely';
import type { Tx } from '../../../../kernel/database/transaction.ts';
import { at } from '../../../../kernel/database/values.ts';

/** The only SQL over radius_client and radius_block, and over what the sessions of clients come to. */

export type Direction = 'as-standard' | 'swapped';

/** An access server as it is registered. Times in milliseconds. */
export interface ClientRow {
  readonly clientId: number;
  readonly partyId: number;
  readonly sourceId: number;
  readonly name: string;
  readonly address: string;
  readonly secretFile: string;
  /** On top of what the source declares; null leaves it to the source (C-26). */
  readonly direction: Direction | null;
  /** Where it takes Disconnect- and CoA-Requests. */
  readonly port: number;
  readonly silenceMs: number;
  readonly needsHmac: boolean;
  readonly endedAtMs: number | null;
}

const clientColumns = sql`
  client_id as "clientId", party_id as "partyId", source_id as "sourceId", name, address, secret_file as "secretFile",
  direction, port, silence_ms as "silenceMs", needs_hmac as "needsHmac", ended_at as "endedAtMs"`;

export type NewClient = Omit<ClientRow, 'clientId' | 'endedAtMs'>;

/** Undefined when the address or the party's name for it is taken. */
export async function addClient(
  tx: Tx,
  client: NewClient,
  hand: { readonly actor: string; readonly atMs: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ clientId: number }>`
    insert into radius_client (party_id, source_id, name, address, secret_file, direction, port, silence_ms, needs_hmac, made_by, made_at)
    values (${client.partyId}, ${client.sourceId}, ${client.name}, ${client.address}, ${client.secretFile},
      ${client.direction}, ${client.port}, ${client.silenceMs}, ${client.needsHmac}, ${hand.actor}, ${at(hand.atMs)})
    on conflict do nothing returning client_id as "clientId"`.execute(tx);
  return rows[0]?.clientId;
}

/** False when there is none, or it has ended before. */
export async function endClient(tx: Tx, clientId: number, atMs: number): Promise<boolean> {
  const { rows } = await sql`
    update radius_client set ended_at = ${at(atMs)} where client_id = ${clientId} and ended_at is null
    returning client_id`.execute(tx);
  return rows.length > 0;
}

export async function listClients(tx: Tx, afterId: number, limit: number): Promise<ClientRow[]> {
  const { rows } = await sql<ClientRow>`
    select ${clientColumns} from radius_client where client_id > ${afterId} order by client_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

export async function liveClients(tx: Tx): Promise<ClientRow[]> {
  const { rows } = await sql<ClientRow>`
    select ${clientColumns} from radius_client where ended_at is null order by client_id`.execute(tx);
  return rows;
}

/** What both sides of each client's sessions come to, of those heard of since; for the look at swapped directions (C-26). */
export interface Sides {
  readonly clientId: number;
  readonly sessions: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export async function sidesSince(tx: Tx, sinceMs: number): Promise<Sides[]> {
  const { rows } = await sql<Sides>`
    select client_id as "clientId", count(*) as sessions, sum(bytes_up)::float8 as "bytesUp", sum(bytes_down)::float8 as "bytesDown"
    from radius_session where heard_at >= ${at(sinceMs)} and bytes_up is not null and bytes_down is not null
    group by client_id order by client_id`.execute(tx);
  return rows;
}

export interface BlockRow {
  readonly subjectId: number;
  readonly partyId: number;
  readonly orderKey: string;
  readonly kind: string;
  readonly sinceMs: number;
  readonly refused: number;
  readonly lastRefusedMs: number | null;
}

const blockColumns = sql`
  subject_id as "subjectId", party_id as "partyId", order_key as "orderKey", kind, since as "sinceMs", refused,
  last_refused_at as "lastRefusedMs"`;

/** False when the subject was blocked before: then nothing changes. */
export async function putBlock(
  tx: Tx,
  block: { subjectId: number; partyId: number; orderKey: string; kind: string; sinceMs: number },
): Promise<boolean> {
  const { rows } = await sql`
    insert into radius_block (subject_id, party_id, order_key, kind, since)
    values (${block.subjectId}, ${block.partyId}, ${block.orderKey}, ${block.kind}, ${at(block.sinceMs)})
    on conflict (subject_id) do nothing returning subject_id`.execute(tx);
  return rows.length > 0;
}

export async function takeBlockAway(tx: Tx, subjectId: number): Promise<boolean> {
  const { rows } =
    await sql`delete from radius_block where subject_id = ${subjectId} returning subject_id`.execute(tx);
  return rows.length > 0;
}

export async function blocksOf(tx: Tx, subjectIds: readonly number[]): Promise<BlockRow[]> {
  const { rows } = await sql<BlockRow>`
    select ${blockColumns} from radius_block where subject_id = any(${[...subjectIds]}::bigint[])`.execute(
    tx,
  );
  return rows;
}

export async function allBlocks(tx: Tx): Promise<BlockRow[]> {
  const { rows } = await sql<BlockRow>`select ${blockColumns} from radius_block order by subject_id`.execute(
    tx,
  );
  return rows;
}

export async function countRefusal(tx: Tx, subjectId: number, atMs: number): Promise<void> {
  await sql`
    update radius_block set refused = refused + 1, last_refused_at = ${at(atMs)}
    where subject_id = ${subjectId}`.execute(tx);
}
