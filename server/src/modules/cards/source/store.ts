import { sql } from 'kysely';
import type { Tx } from '../../../kernel/database/transaction.ts';
import { at, instantText, json } from '../../../kernel/database/values.ts';
import type { CardCatalogue, CatalogueKind } from './catalogues.ts';

/** The only SQL over card_catalogue, number_block, card_batch, esim_pool, esim_chip and esim_profile. */

/** Puts these on the shelf and takes all others off it; answers those whose text was not there before. */
export async function shelve(tx: Tx, catalogues: readonly CardCatalogue[]): Promise<CardCatalogue[]> {
  const changed: CardCatalogue[] = [];
  const kept: number[] = [];
  await sql`select pg_advisory_xact_lock(hashtext('card-shelf'))`.execute(tx);
  for (const one of catalogues) {
    const known = await sql<{ id: number; isOnShelf: boolean }>`
      select catalogue_id as id, is_on_shelf as "isOnShelf" from card_catalogue
      where kind = ${one.kind} and urn = ${one.urn} and version = ${one.version} and digest = ${one.digest}`.execute(
      tx,
    );
    if (known.rows[0]?.isOnShelf !== true) changed.push(one);
    if (known.rows[0] !== undefined) {
      kept.push(known.rows[0].id);
      continue;
    }
    const added = await sql<{ id: number }>`
      insert into card_catalogue (kind, urn, version, digest, valid_from, valid_to, body, is_on_shelf)
      values (${one.kind}, ${one.urn}, ${one.version}, ${one.digest}, ${at(one.fromMs)}, ${at(one.toMs)},
        ${json(one.body)}, true) returning catalogue_id as id`.execute(tx);
    kept.push(added.rows[0]!.id);
  }
  await sql`update card_catalogue set is_on_shelf = (catalogue_id = any(${kept}::bigint[]))
    where is_on_shelf is distinct from (catalogue_id = any(${kept}::bigint[]))`.execute(tx);
  return changed;
}

/** The body in force by the database's clock; null when there is none. */
export async function catalogueInForce(
  tx: Tx,
  kind: CatalogueKind,
): Promise<Readonly<Record<string, unknown>> | null> {
  const { rows } = await sql<{ body: Readonly<Record<string, unknown>> | null }>`
    select card_catalogue_in_force(${kind}) as body`.execute(tx);
  return rows[0]!.body;
}

export interface NumberBlock {
  readonly blockId: number;
  readonly supplierId: number;
  readonly kind: string;
  readonly first: string;
  readonly last: string;
  readonly registeredAtMs: number;
}

/** Blocks of one kind of a party are registered one after the other: that is what keeps them apart. */
export async function addBlock(
  tx: Tx,
  partyId: number,
  one: { supplierId: number; kind: string; first: string; last: string; by: string },
): Promise<number | 'overlaps'> {
  await sql`select pg_advisory_xact_lock(hashtext('number-block'), ${partyId}::int)`.execute(tx);
  const overlapping = await sql`
    select 1 from number_block where party_id = ${partyId} and kind = ${one.kind}
      and length(first_number) = ${one.first.length} and first_number <= ${one.last} and last_number >= ${one.first}
    limit 1`.execute(tx);
  if (overlapping.rows.length > 0) return 'overlaps';
  const { rows } = await sql<{ id: number }>`
    insert into number_block (party_id, supplier_id, kind, first_number, last_number, registered_by)
    values (${partyId}, ${one.supplierId}, ${one.kind}, ${one.first}, ${one.last}, ${one.by})
    returning block_id as id`.execute(tx);
  return rows[0]!.id;
}

export async function blocks(tx: Tx, afterId: number, limit: number): Promise<NumberBlock[]> {
  const { rows } = await sql<NumberBlock>`
    select block_id as "blockId", supplier_id as "supplierId", kind, first_number as first, last_number as last,
      registered_at as "registeredAtMs"
    from number_block where block_id > ${afterId} order by block_id limit ${limit}`.execute(tx);
  return rows;
}

/** Those of the numbers that lie in no block of the supplier; empty when the supplier has no block of that kind. */
export async function outsideBlocks(
  tx: Tx,
  partyId: number,
  supplierId: number,
  kind: string,
  numbers: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ number: string }>`
    select q.number from unnest(${numbers}::text[]) q (number)
    where exists (select from number_block b where b.party_id = ${partyId} and b.supplier_id = ${supplierId} and b.kind = ${kind})
      and not exists (select from number_block b where b.party_id = ${partyId} and b.supplier_id = ${supplierId}
        and b.kind = ${kind} and q.number ~ '^[0-9]+$' and (
          (length(b.first_number) = length(q.number) and q.number between b.first_number and b.last_number)
          or (length(b.first_number) < length(q.number)
            and left(q.number, length(b.first_number)) between b.first_number and b.last_number)))`.execute(
    tx,
  );
  return rows.map(row => row.number);
}

export interface CardBatch {
  readonly batchId: number;
  readonly partyId: number;
  readonly reference: string;
  readonly supplierId: number;
  readonly form: string;
  readonly ordered: number;
  readonly registeredBy: string;
  readonly registeredAtMs: number;
}

const batchColumns = sql`batch_id as "batchId", party_id as "partyId", reference, supplier_id as "supplierId", form, ordered,
  registered_by as "registeredBy", registered_at as "registeredAtMs"`;

export async function addBatch(
  tx: Tx,
  partyId: number,
  one: { reference: string; supplierId: number; form: string; ordered: number; by: string },
): Promise<number | 'exists'> {
  const { rows } = await sql<{ id: number }>`
    insert into card_batch (party_id, reference, supplier_id, form, ordered, registered_by)
    values (${partyId}, ${one.reference}, ${one.supplierId}, ${one.form}, ${one.ordered}, ${one.by})
    on conflict (party_id, reference) do nothing returning batch_id as id`.execute(tx);
  return rows[0]?.id ?? 'exists';
}

export async function batchesPage(tx: Tx, afterId: number, limit: number): Promise<CardBatch[]> {
  const { rows } = await sql<CardBatch>`
    select ${batchColumns} from card_batch where batch_id > ${afterId} order by batch_id limit ${limit}`.execute(
    tx,
  );
  return rows;
}

/** Until the transaction ends nobody else takes cards into it. */
export async function lockBatch(tx: Tx, batchId: number): Promise<CardBatch | undefined> {
  await sql`select pg_advisory_xact_lock(hashtext('card-batch'), ${batchId}::int)`.execute(tx);
  return await batchById(tx, batchId);
}

export async function batchById(tx: Tx, batchId: number): Promise<CardBatch | undefined> {
  const { rows } = await sql<CardBatch>`
    select ${batchColumns} from card_batch where batch_id = ${batchId}`.execute(tx);
  return rows[0];
}

export async function addPool(
  tx: Tx,
  partyId: number,
  reference: string,
  by: string,
): Promise<number | 'exists'> {
  const { rows } = await sql<{ id: number }>`
    insert into esim_pool (party_id, reference, registered_by) values (${partyId}, ${reference}, ${by})
    on conflict (party_id, reference) do nothing returning pool_id as id`.execute(tx);
  return rows[0]?.id ?? 'exists';
}

export interface EsimPool {
  readonly poolId: number;
  readonly partyId: number;
  readonly reference: string;
  readonly chips: number;
  readonly profiles: Readonly<Record<string, number>>;
  readonly registeredAtMs: number;
}

export async function pools(tx: Tx, afterId: number, limit: number): Promise<EsimPool[]> {
  const { rows } = await sql<EsimPool>`
    select p.pool_id as "poolId", p.party_id as "partyId", p.reference, p.registered_at as "registeredAtMs",
      (select count(*) from esim_chip c where c.pool_id = p.pool_id) as chips,
      (select coalesce(jsonb_object_agg(state, n), '{}') from (
        select f.state, count(*)::int as n from esim_profile f join esim_chip c on c.party_id = f.party_id and c.eid = f.eid
        where c.pool_id = p.pool_id group by f.state) s) as profiles
    from esim_pool p where p.pool_id > ${afterId} order by p.pool_id limit ${limit}`.execute(tx);
  return rows;
}

export async function poolById(
  tx: Tx,
  poolId: number,
): Promise<{ poolId: number; partyId: number } | undefined> {
  const { rows } = await sql<{ poolId: number; partyId: number }>`
    select pool_id as "poolId", party_id as "partyId" from esim_pool where pool_id = ${poolId}`.execute(tx);
  return rows[0];
}

/** How many were new; a chip that lies in another pool stays there. */
export async function addChips(
  tx: Tx,
  partyId: number,
  poolId: number,
  chips: readonly { eid: string; isCheckOk: boolean }[],
): Promise<number> {
  const { rows } = await sql<{ eid: string }>`
    insert into esim_chip (party_id, pool_id, eid, check_ok)
    select ${partyId}, ${poolId}, q.eid, q.ok
    from unnest(${chips.map(each => each.eid)}::text[], ${chips.map(each => each.isCheckOk)}::boolean[]) q (eid, ok)
    on conflict (party_id, eid) do nothing returning eid`.execute(tx);
  return rows.length;
}

export interface ProfileRow {
  readonly cardId: number;
  readonly eid: string | null;
  readonly state: string;
}

export async function profileForUpdate(tx: Tx, cardId: number): Promise<ProfileRow | undefined> {
  const { rows } = await sql<ProfileRow>`
    select card_id as "cardId", eid, state from esim_profile where card_id = ${cardId} for update`.execute(
    tx,
  );
  return rows[0];
}

export async function hasChip(tx: Tx, partyId: number, eid: string): Promise<boolean> {
  const { rows } = await sql`select 1 from esim_chip where party_id = ${partyId} and eid = ${eid}`.execute(
    tx,
  );
  return rows.length > 0;
}

export async function enabledOn(tx: Tx, partyId: number, eid: string): Promise<number | undefined> {
  const { rows } = await sql<{ cardId: number }>`
    select card_id as "cardId" from esim_profile where party_id = ${partyId} and eid = ${eid} and state = 'enabled'`.execute(
    tx,
  );
  return rows[0]?.cardId;
}

export async function saveProfile(
  tx: Tx,
  partyId: number,
  one: ProfileRow & { by: string; atMs: number },
): Promise<void> {
  await sql`
    insert into esim_profile (card_id, party_id, eid, state, changed_by, changed_at)
    values (${one.cardId}, ${partyId}, ${one.eid}, ${one.state}, ${one.by}, ${instantText(one.atMs)}::timestamptz)
    on conflict (card_id) do update set eid = excluded.eid, state = excluded.state, changed_by = excluded.changed_by,
      changed_at = excluded.changed_at`.execute(tx);
}
